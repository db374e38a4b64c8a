import { z } from 'zod';

/** One of several detectors that share the tokens: the first is number 1. */
export interface Shard {
  index: number;
  count: number;
}

/** So many detectors may share the tokens. */
export const MOST_SHARDS = 64;

/** The one detector that judges everything. */
export const WHOLE: Shard = { index: 1, count: 1 };

/** What is said where it is none. */
export const SHARD_EXPECTED = `expected i/n, a shard and how many there are: 1/1 to ${String(MOST_SHARDS)}/${String(MOST_SHARDS)}`;

/**
 * Reads `2/4`.
 *
 * @returns null where it is not a shard: see `shardSchema`, which says so by name
 */
export function parseShard(text: string): Shard | null {
  const [, i, n] = /^([1-9]\d?)\/([1-9]\d?)$/.exec(text) ?? [];
  const shard = { index: Number(i), count: Number(n) };
  return shard.index <= shard.count && shard.count <= MOST_SHARDS ? shard : null;
}

/** As it was written: `2/4`. */
export function shardName({ index, count }: Shard): string {
  return `${String(index)}/${String(count)}`;
}

/** The shard that a checked configuration names. */
export function shardOf(text: string): Shard {
  return parseShard(text) ?? WHOLE;
}

/** `detector.shard`: which part of the tokens this detector judges. */
export const shardSchema = z
  .string()
  .refine((text) => parseShard(text) !== null, SHARD_EXPECTED)
  .default('1/1');
