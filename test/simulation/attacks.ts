/** Which tokens are attacked, how and when. */
import { DAY, HOUR } from './calendar.ts';
import { ROUTES } from './catalogue.ts';
import type { Archetype, TokenPlan, World } from './plan.ts';
import { Rng } from './random.ts';

export interface KindFacts {
  /** One of the kinds that DETECTION.md calls overt. */
  overt: boolean;
  /** It lasts for most of a day or longer; detection counts until a day after its end. */
  slow: boolean;
  /** Least calls in a usual busy hour of a token that it happens to. */
  minBusy: number;
  /** Median duration in hours. */
  hours: number;
}

export const ATTACK_KINDS = {
  new_country: { overt: true, slow: false, minBusy: 0.1, hours: 2 },
  same_country_hosting: { overt: false, slow: false, minBusy: 0.1, hours: 2 },
  exfil_3x: { overt: false, slow: false, minBusy: 30, hours: 3 },
  exfil_10x: { overt: true, slow: false, minBusy: 12, hours: 1.5 },
  exfil_50x: { overt: true, slow: false, minBusy: 2, hours: 0.75 },
  slow_drip: { overt: false, slow: true, minBusy: 3, hours: 110 },
  new_scope: { overt: false, slow: false, minBusy: 0.3, hours: 0.75 },
  denied_scopes: { overt: true, slow: false, minBusy: 0.1, hours: 0.2 },
  env_mismatch: { overt: true, slow: false, minBusy: 0.3, hours: 0.75 },
  sharing: { overt: false, slow: true, minBusy: 2, hours: 55 },
  enumeration_fast: { overt: true, slow: false, minBusy: 0.3, hours: 0.2 },
  enumeration_slow: { overt: false, slow: true, minBusy: 0.3, hours: 14 },
  replay: { overt: false, slow: false, minBusy: 1, hours: 0.5 },
} as const satisfies Record<string, KindFacts>;

export type AttackKind = keyof typeof ATTACK_KINDS;
export const KIND_NAMES = Object.keys(ATTACK_KINDS) as AttackKind[];

export interface Attack {
  index: number;
  kind: AttackKind;
  slot: number;
  life: number;
  /** When the thief intends to begin and end, epoch ms; the label has the calls' own times. */
  from: number;
  until: number;
}

/** What really happened: written beside the data, never in it. */
export interface Label {
  attack: number;
  kind: AttackKind;
  tokenHash: string;
  client: string;
  archetype: Archetype;
  /** Usual calls a day of the token. */
  rate: number;
  /** Event time of the first and the last hostile call, epoch ms. */
  first: number;
  last: number;
  calls: number;
}

/**
 * Spreads every kind over the archetypes and over the weeks after the quiet ones. A slot is
 * attacked at most once, must have worked since the first day, and must not change its credential
 * while the attack lasts.
 */
export function planAttacks(world: World): Attack[] {
  const { options } = world;
  const rng = new Rng(options.seed, 'attacks');
  const attacks: Attack[] = [];
  const taken = new Set<number>();
  for (let round = 0; round < options.attacksPerKind; round++) {
    for (const kind of KIND_NAMES) {
      const attack = planAttack(world, rng, kind, attacks.length, taken);
      if (attack === null) continue;
      taken.add(attack.slot);
      attacks.push(attack);
    }
  }
  return attacks;
}

function eligible(kind: AttackKind, token: TokenPlan, start: number): boolean {
  if (token.busyRate < ATTACK_KINDS[kind].minBusy || (token.lives[0]?.from ?? Infinity) > start) {
    return false;
  }
  // A token that has never been used for payments has nothing to replay.
  if (kind === 'replay') {
    return token.uses.some((u) => u.weight > 0.02 && u.from === 0 && ROUTES[u.route]?.nonce);
  }
  return true;
}

function planAttack(
  world: World,
  rng: Rng,
  kind: AttackKind,
  index: number,
  taken: ReadonlySet<number>,
): Attack | null {
  const { options, tokens, end } = world;
  const open = options.start + options.quietDays * DAY;
  const able = tokens.filter((t) => !taken.has(t.slot) && eligible(kind, t, options.start));
  const archetypes = [...new Set(able.map((t) => t.archetype))];
  for (let attempt = 0; attempt < 50 && archetypes.length > 0; attempt++) {
    const archetype = rng.pick(archetypes);
    const token = rng.pick(able.filter((t) => t.archetype === archetype));
    const hours = ATTACK_KINDS[kind].hours * Math.min(2.5, Math.max(0.4, rng.logNormal(1, 0.5)));
    const latest = Math.max(open + 2 * HOUR, end - Math.min(hours + 6, 140) * HOUR);
    const from = rng.between(open + HOUR, latest);
    const until = Math.min(end - HOUR, from + hours * HOUR);
    const life = token.lives.findIndex((l) => l.from <= from && until < l.until);
    if (life >= 0 && until > from) return { index, kind, slot: token.slot, life, from, until };
  }
  return null;
}
