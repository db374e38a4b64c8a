import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { WITH_TOKEN, scopeSql } from './scope.ts';

const FRESH = scopeSql({ by: 'arrival', from: 0, to: 0 });

/** A range of arrival times, [from, to), epoch ms of the server's clock. */
export interface Arrival {
  from: number;
  to: number;
}

/** The server's clock, epoch ms: the one that stamps arrivals. */
export async function readServerClock(db: Db): Promise<number> {
  const [row] = await db.query<{ now: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS now');
  return row?.now ?? 0;
}

/** When the first call at or after a moment arrived (epoch ms, the server's clock), or null. */
export async function readNextArrival(db: Db, from: number): Promise<number | null> {
  const [row] = await db.query<{ at: number; n: number }>(
    `SELECT toUnixTimestamp64Milli(min(ingested_at)) AS at, count() AS n
     FROM ${db.database}.${TABLES.calls}
     WHERE ingested_at >= fromUnixTimestamp64Milli({from:Int64})`,
    { from },
  );
  return row === undefined || row.n === 0 ? null : row.at;
}

/** The minutes (epoch seconds, ascending) that young calls of a range fall in. */
export async function readFreshMinutes(db: Db, arrival: Arrival): Promise<number[]> {
  const rows = await db.query<{ minute: number }>(
    `SELECT DISTINCT toUnixTimestamp(toStartOfMinute(c.time)) AS minute
     FROM ${db.database}.${TABLES.calls} AS c WHERE ${FRESH} AND ${WITH_TOKEN} ORDER BY minute`,
    { ...arrival },
  );
  return rows.map((row) => row.minute);
}

/** Whether history arrived in a range: calls too old to be judged, which baselines have yet to learn. */
export async function hasBackdated(db: Db, arrival: Arrival): Promise<boolean> {
  const rows = await db.query<{ found: number }>(
    `SELECT 1 AS found FROM ${db.database}.${TABLES.calls}
     WHERE ingested_at >= fromUnixTimestamp64Milli({from:Int64})
       AND ingested_at < fromUnixTimestamp64Milli({to:Int64})
       AND time <= ingested_at - INTERVAL 1 HOUR AND token_hash != toFixedString('', 32)
     LIMIT 1`,
    { ...arrival },
  );
  return rows.length > 0;
}

/** One value of one dimension that a token showed in young calls, and is not yet known for. */
export interface FreshValue {
  tokenHash: string;
  clientId: string;
  dimension: string;
  value: string;
  /** Epoch ms of the first call with it among the young ones. */
  time: number;
  calls: number;
  /** Granted scopes that the token carried, if it said so. */
  granted: string[];
  /** How the country was known, for what shares its surprise. */
  networkKind: string;
}

/** Dimensions by which a token is known, as in `token_values`. */
export const DIMENSIONS = [
  'scope',
  'route',
  'country',
  'asn',
  'network_kind',
  'environment',
  'user_agent',
] as const;

export type Dimension = (typeof DIMENSIONS)[number];

/** Joins each call with its values, one row a dimension, as in the rollup (migration 002). */
export const VALUES = `['scope', 'route', 'country', 'asn', 'network_kind', 'environment', 'user_agent'] AS dimension,
  [toString(scope), if(route = '', '', concat(method, ' ', route)), toString(country),
   if(asn = 0, '', toString(asn)),
   if(network_kind IN ('unknown', 'private'), '', toString(network_kind)),
   toString(environment), toString(user_agent)] AS value`;

/** Values of a look, a bounded number of tokens at a time. */
export interface ValuePage {
  values: FreshValue[];
  /** Where the next page begins; null when this was the last. */
  next: string | null;
}

/**
 * Values in young calls of a range that their tokens first showed less than three days before the
 * hour of the call, by token, dimension, value and hour; in order of time.
 *
 * @param limit so many are read at once, and the rest of the last token's
 * @param after the token that the page before ended with
 */
export async function readFreshValues(
  db: Db,
  arrival: Arrival,
  limit: number,
  after = '',
): Promise<ValuePage> {
  const calls = `${db.database}.${TABLES.calls} AS c`;
  const which = `${FRESH} AND ${WITH_TOKEN} AND c.token_hash > toFixedString(unhex({after:String}), 32)`;
  const values = await db.query<FreshValue>(
    `SELECT lower(hex(f.token_hash)) AS tokenHash, f.client AS clientId,
       toString(f.dimension) AS dimension, f.value AS value,
       toUnixTimestamp64Milli(f.first) AS time, f.n AS calls, f.granted AS granted,
       f.kind AS networkKind
     FROM (
       SELECT token_hash, dimension, value, toStartOfHour(c.time) AS h, min(c.time) AS first,
         count() AS n, argMax(client_id, c.time) AS client,
         argMax(CAST(granted_scopes AS Array(String)), c.time) AS granted,
         toString(argMin(network_kind, c.time)) AS kind
       FROM ${calls} ARRAY JOIN ${VALUES}
       WHERE ${which} AND value != ''
       GROUP BY token_hash, dimension, value, h
     ) AS f
     JOIN (
       SELECT token_hash, toString(dimension) AS dimension, value, min(first_seen) AS seen
       FROM ${db.database}.${TABLES.tokenSeen}
       PREWHERE token_hash IN (SELECT token_hash FROM ${calls} WHERE ${which})
       GROUP BY token_hash, dimension, value
       HAVING seen > (SELECT min(toStartOfHour(c.time)) FROM ${calls} WHERE ${which}) - INTERVAL 72 HOUR
     ) AS s ON s.token_hash = f.token_hash AND s.dimension = f.dimension AND s.value = f.value
     WHERE s.seen > f.h - INTERVAL 72 HOUR
     ORDER BY tokenHash LIMIT {limit:UInt32} WITH TIES`,
    { ...arrival, limit, after },
  );
  const last = values.at(-1);
  return {
    next: values.length >= limit && last !== undefined ? last.tokenHash : null,
    values: values.sort((a, b) => a.time - b.time),
  };
}
