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

/** The minutes (epoch seconds, ascending) that young calls of a range fall in. */
export async function readFreshMinutes(db: Db, arrival: Arrival): Promise<number[]> {
  const rows = await db.query<{ minute: number }>(
    `SELECT DISTINCT toUnixTimestamp(toStartOfMinute(c.time)) AS minute
     FROM ${db.database}.${TABLES.calls} AS c WHERE ${FRESH} AND ${WITH_TOKEN} ORDER BY minute`,
    { ...arrival },
  );
  return rows.map((row) => row.minute);
}

/**
 * Clients that sent history in a range: calls too old to be judged, which their baselines have yet
 * to learn.
 */
export async function readBackdatedClients(
  db: Db,
  arrival: Arrival,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ clientId: string }>(
    `SELECT DISTINCT client_id AS clientId FROM ${db.database}.${TABLES.calls}
     WHERE ingested_at >= fromUnixTimestamp64Milli({from:Int64})
       AND ingested_at < fromUnixTimestamp64Milli({to:Int64})
       AND time <= ingested_at - INTERVAL 1 HOUR AND token_hash != toFixedString('', 32)
     LIMIT {limit:UInt32}`,
    { ...arrival, limit },
  );
  return rows.map((row) => row.clientId);
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

/**
 * Values in young calls of a range that their tokens first showed less than three days before the
 * hour of the call, by token, dimension, value and hour.
 */
export async function readFreshValues(
  db: Db,
  arrival: Arrival,
  limit: number,
): Promise<FreshValue[]> {
  return db.query<FreshValue>(
    `SELECT lower(hex(f.token_hash)) AS tokenHash, f.client AS clientId,
       toString(f.dimension) AS dimension, f.value AS value,
       toUnixTimestamp64Milli(f.first) AS time, f.n AS calls, f.granted AS granted,
       f.kind AS networkKind
     FROM (
       SELECT token_hash, dimension, value, toStartOfHour(c.time) AS h, min(c.time) AS first,
         count() AS n, argMax(client_id, c.time) AS client,
         argMax(CAST(granted_scopes AS Array(String)), c.time) AS granted,
         toString(argMin(network_kind, c.time)) AS kind
       FROM ${db.database}.${TABLES.calls} AS c ARRAY JOIN ${VALUES}
       WHERE ${FRESH} AND ${WITH_TOKEN} AND value != ''
       GROUP BY token_hash, dimension, value, h
     ) AS f
     LEFT JOIN (
       SELECT token_hash, toString(dimension) AS dimension, value, min(first_seen) AS seen
       FROM ${db.database}.${TABLES.tokenSeen}
       WHERE token_hash IN (
         SELECT DISTINCT token_hash FROM ${db.database}.${TABLES.calls} AS c WHERE ${FRESH} AND ${WITH_TOKEN}
       )
       GROUP BY token_hash, dimension, value
     ) AS s ON s.token_hash = f.token_hash AND s.dimension = f.dimension AND s.value = f.value
     WHERE s.seen > f.h - INTERVAL 72 HOUR
     ORDER BY f.first LIMIT {limit:UInt32}`,
    { ...arrival, limit },
  );
}
