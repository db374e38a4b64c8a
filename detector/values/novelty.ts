import { pitmanYor } from '../statistics/pitman-yor.ts';

/** What the novelty of a value is judged by: see DETECTION.md, Pitman–Yor predictive. */
export interface ValueBaseline {
  /** The token's own values in the dimension, with decayed counts of active hours before this one. */
  counts: Readonly<Record<string, number>>;
  /** The client's other tokens, and how many of them had shown the value before. */
  clientTokens: number;
  clientTokensWith: number;
  /** Other tokens of the client that took the value up within the last 4 h. */
  siblings: number;
  /** Whether the token's program was released anew within the day; see `isReleased`. */
  released?: boolean;
  /** Share of the value among all calls of the installation in the last 30 days. */
  share: number;
  /** Bits above which to fire, from the installation's own history; else the parameter counts. */
  threshold?: number;
}

/** (θ, d) and the least share a value is believed to have, by dimension. */
const PRIORS: Readonly<Record<string, readonly [number, number, number]>> = {
  country: [0.2, 0.1, 1e-3],
  network_kind: [0.3, 0.2, 1e-2],
  asn: [1, 0.4, 2e-4],
  scope: [0.5, 0.2, 1e-3],
  route: [3, 0.5, 1e-3],
  environment: [0.05, 0.05, 1e-2],
  user_agent: [3, 0.5, 1e-3],
};
const UNKNOWN_PRIOR = [1, 0.3, 1e-3] as const;

/** Two or more siblings that take up the same value are a deployment, not a thief. */
const DEPLOYMENT = 8;

/** A program is released about every other week: by chance a thief meets the day after one in twelve. */
const RELEASE = 12;

/** Active hours that a token is known by, in one dimension. */
export function hoursOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

/** Surprise of a value, bits ≥ 0. */
export function noveltyBits(dimension: string, value: string, baseline: ValueBaseline): number {
  const [theta, discount, least] = PRIORS[dimension] ?? UNKNOWN_PRIOR;
  const share = Math.max(least, Number.isFinite(baseline.share) ? baseline.share : 0);
  const base = (baseline.clientTokensWith + 2 * share) / (Math.max(0, baseline.clientTokens) + 2);
  const own = Object.hasOwn(baseline.counts, value) ? (baseline.counts[value] ?? 0) : 0;
  const p = pitmanYor({
    count: own,
    total: hoursOf(baseline.counts),
    distinct: Object.keys(baseline.counts).length,
    theta,
    discount,
    base,
  });
  const excused = baseline.siblings >= 2 ? p * (1 + DEPLOYMENT * baseline.siblings) : p;
  const expected = baseline.released === true ? excused * RELEASE : excused;
  return Math.max(0, -Math.log2(Math.min(1, expected)));
}

/** The token's values from the commonest to the rarest. */
export function commonest(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([value]) => value);
}
