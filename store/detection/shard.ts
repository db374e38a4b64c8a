import { WHOLE } from '../../config/shard.ts';
import type { Shard } from '../../config/shard.ts';
import { keyRanges } from './key-ranges.ts';
import type { KeyRange } from './key-ranges.ts';

/**
 * Keys are shared out in ranges of equal width. An entity's key is 32 bytes: a token's hash, or the
 * SHA-256 of a client's id or of a thing's name. Calls and most rollups are sorted by the token's hash, so
 * that a range of it is a range of rows, of which the others are not read.
 */
export function rangeOfShard({ index, count }: Shard): KeyRange {
  const range = keyRanges(count)[index - 1];
  if (range === undefined) throw new Error(`there is no shard ${String(index)}/${String(count)}`);
  return range;
}

/** Whether a shard has an entity, by its key (lower-case hex, 64 digits). */
export function ownsKey(shard: Shard, key: string): boolean {
  const { first, last } = rangeOfShard(shard);
  return key >= first && key <= last;
}

/** Whoever is looked for: absent means everybody. */
interface Sharded {
  shard?: Shard | undefined;
}

function isWhole(shard: Shard | undefined): boolean {
  return shard === undefined || shard.count === WHOLE.count;
}

const edge = (name: string): string => `toFixedString(unhex({${name}:String}), 32)`;

/** That a key, an expression of 32 bytes, is the shard's own; `1` where there is one shard only. */
export function ownSql({ shard }: Sharded, key: string): string {
  if (isWhole(shard)) return '1';
  return `(${key} >= ${edge('shardFirst')} AND ${key} <= ${edge('shardLast')})`;
}

/** The same as a further condition, `AND …`; empty where there is one shard only. */
export function andOwn(of: Sharded, key: string): string {
  return isWhole(of.shard) ? '' : `AND ${ownSql(of, key)}`;
}

/** Further conditions on a call `c`: that its token, client or service is the shard's own. */
export const andOwnToken = (of: Sharded): string => andOwn(of, 'c.token_hash');
export const andOwnClient = (of: Sharded): string => andOwn(of, 'SHA256(c.client_id)');
export const andOwnService = (of: Sharded): string => andOwn(of, 'SHA256(c.service)');

/** The key of an endpoint, out of its parts (as detector/watch/notice.ts names it). */
export const endpointKey = (service: string, method: string, route: string): string =>
  `SHA256(concat(toString(${service}), ' ', toString(${method}), ' ', toString(${route})))`;

/** What {@link ownSql} binds. */
export function shardParams({ shard }: Sharded): { shardFirst?: string; shardLast?: string } {
  if (shard === undefined || isWhole(shard)) return {};
  const { first, last } = rangeOfShard(shard);
  return { shardFirst: first, shardLast: last };
}
