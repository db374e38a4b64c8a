import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { ACCEPTED, WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken } from './shard.ts';

/** Accepted calls that state a time. */
const STATED = `toUnixTimestamp(c.stated_at) != 0 AND ${WITH_TOKEN} AND ${ACCEPTED}`;

/** How far the stated time is from the call's own, seconds; the first is positive for an old one. */
const LAG = `(toInt64(toUnixTimestamp(c.time)) - toInt64(toUnixTimestamp(c.stated_at)))`;

/** Nobody's requests are on their way for so long; nearer ones are not looked at. */
const NEAREST_SECONDS = 30;

/** Accepted calls whose stated time is not their own. */
export const CONCERNS_STATED = `${STATED} AND abs(${LAG}) > ${String(NEAREST_SECONDS)}`;

/** Requests of a token that state another time than that at which they came. */
export interface StatedUse {
  tokenHash: string;
  clientId: string;
  /** Calls that state a time too old, or ahead; and all that state any in the last day. */
  old: number;
  ahead: number;
  stated: number;
  /** The furthest of these times, seconds before the call; negative for one ahead. */
  furthest: number;
  /** Epoch ms of the first such call of the last day, and of the last. */
  first: number;
  last: number;
}

/**
 * Tokens with accepted calls in the look whose stated time is too far from their own, with all that
 * they stated since a day before.
 *
 * @param limit seconds from which on it is too far
 */
export async function readStatedUse(db: Db, scope: Scope, limit: number): Promise<StatedUse[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  const end = scope.by === 'event' ? 'AND c.time < fromUnixTimestamp64Milli({to:Int64})' : '';
  const off = `abs(${LAG}) > {limit:Int64}`;
  return db.query<StatedUse>(
    `SELECT lower(hex(c.token_hash)) AS tokenHash, argMaxIf(toString(c.client_id), c.time, ${off}) AS clientId,
       countIf(${LAG} > {limit:Int64}) AS old, countIf(${LAG} < -{limit:Int64}) AS ahead, count() AS stated,
       argMaxIf(${LAG}, abs(${LAG}), ${off}) AS furthest,
       toUnixTimestamp64Milli(minIf(c.time, ${off})) AS first,
       toUnixTimestamp64Milli(maxIf(c.time, ${off})) AS last
     FROM ${calls} AS c
     WHERE toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 86400000)) ${end}
       AND c.token_hash IN (SELECT c.token_hash FROM ${calls} AS c
         WHERE ${scopeSql(scope)} AND ${STATED} AND ${off} ${andOwnToken(scope)})
       AND ${STATED}
     GROUP BY c.token_hash ORDER BY first LIMIT 10000`,
    { ...scopeParams(scope), limit: Math.max(NEAREST_SECONDS, Math.round(limit)) },
  );
}
