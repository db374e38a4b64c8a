import { createHash } from 'node:crypto';

/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** A generator (mulberry32) for whatever its parts name: `randomOf(seed, 'calls', token, minute)`. */
export function randomOf(...parts: readonly (string | number)[]): Random {
  let state = fnv1a(parts.join('\u0000'));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number in [0, below). */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** One of several; the first ones are likelier when `skew` is above 1. */
export function pick<Item>(random: Random, items: readonly Item[], skew = 1): Item {
  const index = Math.floor(random() ** skew * items.length);
  const item = items[Math.min(index, items.length - 1)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** A Poisson count of a small mean (Knuth's multiplication). */
export function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-Math.min(mean, 500));
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** A standard normal value (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Hex digits that stand for the parts, for identifiers. */
export function digest(length: number, ...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, length);
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash | 0;
}
