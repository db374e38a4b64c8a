import { WHOLE } from '../../config/shard.ts';
import type { Shard } from '../../config/shard.ts';

/** Every so long slow watches have looked at everything, ms. */
export const ROUND_MS = 20_000;
/** Into so many turns a round can be divided: 20 s are whole seconds of each. */
const DIVISIONS = [1, 2, 4, 5, 10, 20] as const;
/** So many calls are looked at in one turn if possible. */
const CALLS_A_TURN = 40_000;

/** What slow watches look at in one turn of a round. */
export interface Turn {
  /** From 0; the watches that do not ask token by token take their turns in order. */
  index: number;
  /** How many turns the round has. */
  of: number;
}

/** A round in one turn. */
export const AT_ONCE: Turn = { index: 0, of: 1 };

/**
 * Into how many turns a round is divided: a large installation's watches would keep a look waiting for
 * seconds, and a small one's cost least all at once.
 *
 * @param calls that slow watches look at
 */
export function turnsFor(calls: number): number {
  const wanted = calls / CALLS_A_TURN;
  return DIVISIONS.find((one) => one >= wanted) ?? 20;
}

/**
 * The turns that began in (before, now], epoch ms.
 *
 * @param of turns of a round
 */
export function turnsBetween(before: number, now: number, of: number): Turn[] {
  const width = ROUND_MS / of;
  const first = Math.floor(before / width) + 1;
  const count = Math.floor(now / width) - first + 1;
  if (count >= of) return [AT_ONCE];
  return Array.from({ length: Math.max(0, count) }, (_, i) => ({ index: (first + i) % of, of }));
}

/** The part of a shard's entities that is looked at in a turn. */
export function partOf(shard: Shard | undefined, { index, of }: Turn): Shard | undefined {
  if (of === 1) return shard;
  const whole = shard ?? WHOLE;
  return { index: (whole.index - 1) * of + index + 1, count: whole.count * of };
}

/** Whether a watch that looks at everything at once does so in a turn, by its place in the list. */
export function isTurnOf(place: number, { index, of }: Turn): boolean {
  return place % of === index;
}
