import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';

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
 * touched most; windows begin with every minute.
 */
export async function readFastEnumerations(
  db: Db,
  scope: Scope,
  least: number,
): Promise<Enumeration[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<Enumeration>(
    `WITH busy AS (
       SELECT c.token_hash FROM ${calls} AS c WHERE ${scopeSql(scope)} AND ${CONCERNS_OBJECT}
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
     FROM windows AS w GROUP BY w.token_hash LIMIT 200`,
    { ...scopeParams(scope), least },
  );
}

/** Tokens with a call on an object in the look that took up at least so many new ones within a day. */
export async function readSlowEnumerations(
  db: Db,
  scope: Scope,
  least: number,
): Promise<Enumeration[]> {
  return db.query<Enumeration>(
    `WITH objects AS (
       SELECT token_hash, object_hash, min(first_seen) AS since FROM ${db.database}.${TABLES.tokenObjects}
       WHERE token_hash IN (SELECT c.token_hash FROM ${db.database}.${TABLES.calls} AS c
         WHERE ${scopeSql(scope)} AND ${CONCERNS_OBJECT})
       GROUP BY token_hash, object_hash
       HAVING since >= fromUnixTimestamp64Milli({from:Int64} - 86400000)
         AND since < fromUnixTimestamp64Milli({to:Int64})
     ),
     days AS (
       SELECT token_hash, arraySort(groupArray(20000)(toUnixTimestamp64Milli(since))) AS times,
         arrayFirstIndex(i -> times[i + {least:UInt32} - 1] - times[i] <= 86400000
           AND times[i + {least:UInt32} - 1] >= {from:Int64},
           range(1, toUInt64(greatest(1, toInt64(length(times)) - {least:UInt32} + 2)))) AS begun
       FROM objects GROUP BY token_hash HAVING length(times) >= {least:UInt32} AND begun > 0
     )
     SELECT lower(hex(d.token_hash)) AS tokenHash, argMax(c.client_id, c.time) AS clientId,
       any(d.times[d.begun]) AS from, any(d.times[length(d.times)]) + 1 AS to,
       any(d.times[d.begun + {least:UInt32} - 1]) AS reachedAt,
       uniqExactIf(c.object_hash, ${SERVED}) AS served,
       uniqExact(c.object_hash) - served AS denied
     FROM ${db.database}.${TABLES.calls} AS c INNER JOIN days AS d ON d.token_hash = c.token_hash
     WHERE toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 86400000))
       AND c.time < fromUnixTimestamp64Milli({to:Int64}) AND c.object_hash != ${NONE}
       AND c.token_hash IN (SELECT token_hash FROM days)
       AND (c.token_hash, c.object_hash) IN (SELECT token_hash, object_hash FROM objects)
     GROUP BY d.token_hash LIMIT 200`,
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

/** How many new objects a token, and the others of its client, took up before. */
export interface UptakeHistory {
  /** Days since the client is known. */
  days: number;
  /** The most in an hour and in a day, of the token itself and of any token of the client. */
  ownHour: number;
  ownDay: number;
  clientHour: number;
  clientDay: number;
}

/** What is known of a token's appetite for new objects before a moment (epoch ms). */
export async function readUptake(
  db: Db,
  one: { tokenHash: string; clientId: string; before: number },
): Promise<UptakeHistory> {
  const [row] = await db.query<UptakeHistory>(
    `WITH siblings AS (
       SELECT token_hash FROM ${db.database}.${TABLES.clientValues}
       WHERE client_id = {clientId:String} AND dimension = 'any' LIMIT 2000
     ),
     hours AS (
       SELECT token_hash, toStartOfHour(since) AS hour, count() AS n FROM (
         SELECT token_hash, min(first_seen) AS since FROM ${db.database}.${TABLES.tokenObjects}
         WHERE token_hash IN (SELECT token_hash FROM siblings)
           OR token_hash = toFixedString(unhex({tokenHash:String}), 32)
         GROUP BY token_hash, object_hash
       ) WHERE since < fromUnixTimestamp64Milli({before:Int64}) GROUP BY token_hash, hour
     ),
     daily AS (
       SELECT h.token_hash AS token_hash, toDate(h.hour) AS day, max(h.n) AS most, sum(h.n) AS sum
       FROM hours AS h GROUP BY h.token_hash, day
     )
     SELECT (SELECT if(count() = 0, 0, dateDiff('hour', min(first_seen), fromUnixTimestamp64Milli({before:Int64})) / 24)
         FROM ${db.database}.${TABLES.clientValues}
         WHERE client_id = {clientId:String} AND dimension = 'any') AS days,
       maxIf(d.most, d.token_hash = toFixedString(unhex({tokenHash:String}), 32)) AS ownHour,
       maxIf(d.sum, d.token_hash = toFixedString(unhex({tokenHash:String}), 32)) AS ownDay,
       max(d.most) AS clientHour, max(d.sum) AS clientDay FROM daily AS d`,
    one,
  );
  return row ?? { days: 0, ownHour: 0, ownDay: 0, clientHour: 0, clientDay: 0 };
}
