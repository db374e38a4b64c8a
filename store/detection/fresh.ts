import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { streamRows } from './row-reader.ts';
import type { Shard } from '../../config/shard.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import { andOwnToken } from './shard.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

const FRESH = scopeSql({ by: 'arrival', from: 0, to: 0 });

/** A range of arrival times, [from, to), epoch ms of the server's clock. */
export interface Arrival {
  from: number;
  to: number;
  /** Whose tokens are looked at; all where absent. */
  shard?: Shard | undefined;
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

/**
 * The minutes (epoch seconds, ascending) that young calls of a range fall in, of whatever shard: those
 * that share the tokens look at the same minutes, and so judge alike.
 */
export async function readFreshMinutes(db: Db, arrival: Arrival): Promise<number[]> {
  const rows = await db.query<{ minute: number }>(
    `SELECT DISTINCT toUnixTimestamp(toStartOfMinute(c.time)) AS minute
     FROM ${db.database}.${TABLES.calls} AS c WHERE ${FRESH} AND ${WITH_TOKEN} ORDER BY minute`,
    scopeParams(arrival),
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
    scopeParams(arrival),
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
  /**
   * Keys (see {@link readShownKeys}) of values that will be fresh in no look at calls of the two hours
   * before the end of this one, or later, except these.
   */
  young: Set<string>;
  /** Where the next page begins; null when this was the last. */
  next: string | null;
}

/** What a page is read of. */
export interface PageOptions {
  /** So many are read at once, and the rest of the last token's. */
  limit: number;
  /** The token that the page before ended with. */
  after?: string;
  /** Only of these; by default of all that called. */
  tokens?: readonly string[];
}

/** The calls of a page, as a condition on `c`; `{after}` is bound. */
const pageSql = (arrival: Arrival): string =>
  `${FRESH} AND ${WITH_TOKEN} AND c.token_hash > toFixedString(unhex({after:String}), 32) ${andOwnToken(arrival)}`;

/** A value becomes known after so long, and may be forgotten about by whoever looks a little later; h. */
const KNOWN_AFTER = 72;
const YOUNG_UNTIL = KNOWN_AFTER + 2;

/** A 64-bit key of a token's value. */
const KEY = (token: string, dimension: string, value: string): string =>
  `sipHash64(${token}, toString(${dimension}), ${value})`;

/** The keys of all values that tokens showed in young calls of a range: low and high halves, by token. */
export async function* readShownKeys(
  db: Db,
  arrival: Arrival,
  after = '',
): AsyncGenerator<{ tokenHash: string; keys: Uint32Array }> {
  yield* streamRows(
    db,
    `SELECT c.token_hash, groupUniqArray(${KEY('c.token_hash', 'dimension', 'value')})
     FROM ${db.database}.${TABLES.calls} AS c ARRAY JOIN ${VALUES}
     WHERE ${pageSql(arrival)} AND value != '' GROUP BY c.token_hash`,
    { ...scopeParams(arrival), after },
    (row) => ({ tokenHash: row.hex(32), keys: row.halves() }),
  );
}

/** Of a token with more values than so many the rest is looked up as it is shown. */
const MOST_KNOWN = 200;

/**
 * The keys of all values that some tokens have shown for so long that they will be fresh in no look at calls
 * of the two hours before a moment (epoch ms), or later; low and high halves.
 */
export async function* readLongKnown(
  db: Db,
  to: number,
  tokens: readonly string[],
): AsyncGenerator<Uint32Array> {
  yield* streamRows(
    db,
    `SELECT groupArray(${String(MOST_KNOWN)})(key) FROM (
       SELECT token_hash, ${KEY('token_hash', 'dimension', 'value')} AS key
       FROM ${db.database}.${TABLES.tokenSeen}
       PREWHERE token_hash IN (${NAMED_TOKENS})
       GROUP BY token_hash, dimension, value
       HAVING min(first_seen) <= toStartOfHour(fromUnixTimestamp64Milli({to:Int64})) - INTERVAL ${String(YOUNG_UNTIL)} HOUR
     ) GROUP BY token_hash`,
    { to, tokens },
    (row) => row.halves(),
  );
}

/**
 * Values in young calls of a range that their tokens first showed less than three days before the
 * hour of the call, by token, dimension, value and hour; in order of time.
 */
export async function readFreshValues(
  db: Db,
  arrival: Arrival,
  { limit, after = '', tokens }: PageOptions,
): Promise<ValuePage> {
  const rows = await db.query<FreshValue & { fresh: number; key: string }>(
    freshSql(db, arrival, tokens !== undefined),
    { ...scopeParams(arrival), limit, after, ...(tokens === undefined ? {} : { tokens }) },
  );
  const last = rows.at(-1);
  return {
    next: rows.length >= limit && last !== undefined ? last.tokenHash : null,
    young: new Set(rows.map((row) => row.key)),
    values: rows
      .filter((row) => row.fresh === 1)
      .map(({ fresh: _, key: __, ...value }) => value)
      .sort((a, b) => a.time - b.time),
  };
}

function freshSql(db: Db, arrival: Arrival, some: boolean): string {
  const calls = `${db.database}.${TABLES.calls} AS c`;
  const only = some ? `AND c.token_hash IN (${NAMED_TOKENS})` : '';
  const which = `${pageSql(arrival)} ${only}`;
  const end = 'toStartOfHour(fromUnixTimestamp64Milli({to:Int64}))';
  const young = `- INTERVAL ${String(YOUNG_UNTIL)} HOUR`;
  return `SELECT lower(hex(f.token_hash)) AS tokenHash, f.client AS clientId,
       toString(f.dimension) AS dimension, f.value AS value,
       toUnixTimestamp64Milli(f.first) AS time, f.n AS calls, f.granted AS granted,
       f.kind AS networkKind, s.seen > f.h - INTERVAL ${String(KNOWN_AFTER)} HOUR AS fresh,
       lower(hex(${KEY('f.token_hash', 'f.dimension', 'f.value')})) AS key
     FROM (
       SELECT token_hash, dimension, value, toStartOfHour(c.time) AS h, min(c.time) AS first,
         count() AS n, argMax(client_id, c.time) AS client,
         argMax(CAST(granted_scopes AS Array(String)), c.time) AS granted,
         toString(argMin(network_kind, c.time)) AS kind
       FROM ${calls} ARRAY JOIN ${VALUES}
       WHERE ${which} AND value != ''
       GROUP BY token_hash, dimension, value, h
     ) AS f
     LEFT JOIN (
       SELECT token_hash, toString(dimension) AS dimension, value, min(first_seen) AS seen
       FROM ${db.database}.${TABLES.tokenSeen}
       PREWHERE token_hash IN (SELECT token_hash FROM ${calls} WHERE ${which})
       GROUP BY token_hash, dimension, value
     ) AS s ON s.token_hash = f.token_hash AND s.dimension = f.dimension AND s.value = f.value
     -- What has not come through to the rollup yet is not known either.
     WHERE s.seen > least(${end}, f.h) ${young} OR s.seen = toDateTime64(0, 3)
     ORDER BY tokenHash LIMIT {limit:UInt32} WITH TIES`;
}
