import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken } from './shard.ts';

const NONE = "toFixedString('', 16)";
const SERVED = 'c.status BETWEEN 200 AND 299';

/** Calls on an object that is named. */
export const CONCERNS_OBJECT = `c.object_hash != ${NONE} AND ${WITH_TOKEN}`;

/** A token that took up many objects that it had never touched. */
export interface Enumeration {
  tokenHash: string;
  clientId: string;
  /** Of the window, and the moment at which the limit was reached; epoch ms. */
  from: number;
  to: number;
  reachedAt: number;
  /** New objects that were served, and those that were only asked for. */
  served: number;
  denied: number;
}

/**
 * Tokens that touched at least so many new objects within five minutes, by the window in which they
 * touched most, those that were served most first; windows begin with every minute.
 */
export async function readFastEnumerations(
  db: Db,
  scope: Scope,
  least: number,
): Promise<Enumeration[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<Enumeration>(
    `WITH busy AS (
       SELECT c.token_hash FROM ${calls} AS c WHERE ${scopeSql(scope)} AND ${CONCERNS_OBJECT} ${andOwnToken(scope)}
       GROUP BY c.token_hash HAVING uniq(c.object_hash) >= {least:UInt32} * 0.9
     ),
     touched AS (
       SELECT c.token_hash AS token_hash, any(c.client_id) AS client, c.object_hash AS object_hash,
         toStartOfMinute(c.time) AS minute, min(c.time) AS at, max(${SERVED}) AS served
       FROM ${calls} AS c
       WHERE ${scopeSql(scope)} AND ${CONCERNS_OBJECT} AND c.token_hash IN (SELECT token_hash FROM busy)
       GROUP BY c.token_hash, c.object_hash, minute
     ),
     known AS (
       SELECT token_hash, object_hash, min(first_seen) AS since FROM ${db.database}.${TABLES.tokenObjects}
       WHERE (token_hash, object_hash) IN (SELECT token_hash, object_hash FROM touched)
       GROUP BY token_hash, object_hash
     ),
     windows AS (
       SELECT t.token_hash AS token_hash, any(t.client) AS client, start,
         uniqExactIf(t.object_hash, t.served) AS served, uniqExactIf(t.object_hash, NOT t.served) AS denied,
         arraySort(groupArray(t.at))[{least:UInt32}] AS reached, max(t.at) AS last
       FROM touched AS t INNER JOIN known AS k ON k.token_hash = t.token_hash AND k.object_hash = t.object_hash
       ARRAY JOIN arrayMap(i -> t.minute - INTERVAL i MINUTE, range(5)) AS start
       WHERE k.since >= start GROUP BY t.token_hash, start HAVING served + denied >= {least:UInt32}
     )
     SELECT lower(hex(w.token_hash)) AS tokenHash, any(w.client) AS clientId,
       toInt64(toUnixTimestamp(argMax(w.start, (w.served + w.denied, w.start)))) * 1000 AS from,
       toUnixTimestamp64Milli(argMax(w.last, (w.served + w.denied, w.start))) + 1 AS to,
       toUnixTimestamp64Milli(min(w.reached)) AS reachedAt,
       argMax(w.served, (w.served + w.denied, w.start)) AS served,
       argMax(w.denied, (w.served + w.denied, w.start)) AS denied
     FROM windows AS w GROUP BY w.token_hash
     ORDER BY served DESC, denied DESC, w.token_hash LIMIT 5000`,
    { ...scopeParams(scope), least },
  );
}

/** When a token touched its so many-th new object after a moment, epoch ms; null if it never did. */
export async function readNthObject(
  db: Db,
  one: { tokenHash: string; from: number; nth: number },
): Promise<number | null> {
  const [row] = await db.query<{ at: number }>(
    `SELECT toUnixTimestamp64Milli(since) AS at FROM (
       SELECT object_hash, min(first_seen) AS since FROM ${db.database}.${TABLES.tokenObjects}
       WHERE token_hash = toFixedString(unhex({tokenHash:String}), 32) GROUP BY object_hash
     )
     WHERE since >= fromUnixTimestamp64Milli({from:Int64})
     ORDER BY since LIMIT 1 OFFSET {skipped:UInt32}`,
    { tokenHash: one.tokenHash, from: one.from, skipped: Math.max(0, one.nth - 1) },
  );
  return row?.at ?? null;
}
