import { lnFisher } from '../statistics/fisher.ts';

/**
 * Sides of a token's behaviour that go wrong independently of each other. What a release of the
 * client changes at once (program, scopes, routes and their shares) is one side, else every release would add up; and
 * who calls more is also refused more. The volume of a day takes no part: it would still count what is
 * long over.
 */
export const SIDES = {
  volume: ['volume_minutes', 'volume_hour', 'volume_record', 'denied', 'not_found'],
  geography: ['country', 'asn', 'network_kind', 'travel'],
  program: ['user_agent', 'scope', 'route', 'mix'],
  environment: ['environment'],
} as const;

export type Side = keyof typeof SIDES;

const SIDE_OF = new Map<string, Side>(
  Object.entries(SIDES).flatMap(([side, dimensions]) =>
    dimensions.map((dimension): [string, Side] => [dimension, side as Side]),
  ),
);

/** Which side a dimension belongs to, or undefined when it takes no part. */
export function sideOf(dimension: string): Side | undefined {
  return SIDE_OF.get(dimension);
}

/** A sign is active when fewer token-hours than this show as much. */
const ACTIVE = 0.01;

/** One thing out of the ordinary. */
export interface Sign {
  dimension: string;
  value: string;
  /** Event time, epoch ms. */
  time: number;
  bits: number;
  /** ln of the share of token-hours that show as much in this dimension. */
  lnP: number;
}

/** The strongest sign of each active side. */
export function strongestOf(signs: readonly Sign[]): Map<Side, Sign> {
  const strongest = new Map<Side, Sign>();
  for (const sign of signs) {
    const side = sideOf(sign.dimension);
    if (side === undefined || !(sign.lnP < Math.log(ACTIVE))) continue;
    const before = strongest.get(side);
    if (before === undefined || sign.lnP < before.lnP) strongest.set(side, sign);
  }
  return strongest;
}

/**
 * Surprise of signs of several sides at once, in bits: Fisher's method over sides, each with its
 * strongest sign, corrected for how many dimensions it was picked from. 0 with fewer than two sides.
 */
export function togetherBits(strongest: ReadonlyMap<Side, Sign>): number {
  if (strongest.size < 2) return 0;
  const lnPs = [...strongest].map(([side, { lnP }]) =>
    Math.min(0, lnP + Math.log(SIDES[side].length)),
  );
  return Math.max(0, -lnFisher(lnPs) / Math.LN2);
}
