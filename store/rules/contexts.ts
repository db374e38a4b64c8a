import type { Scope } from '../detection/scope.ts';
import { TABLES } from '../tables.ts';
import { DIMENSIONS, valueOf } from './dimensions.ts';

/** What the joins of a look are made from. */
export interface JoinOptions {
  database: string;
  scope: Scope;
  /** The condition on calls `c` that are looked at. */
  looked: string;
}

/** The tables that rules read, by way of the features: what their user may select. */
export const RULE_TABLES = [
  TABLES.calls,
  TABLES.tokenSeen,
  TABLES.clientValues,
  TABLES.clientMinute,
  TABLES.tokenObjects,
  TABLES.clientAmounts,
] as const;

/** At most so many first uses of a value, and values of an entity, are held for one join. */
const MOST_PEERS = 10_000;
const MOST_VALUES = 100;
/** How far before a look counts of the past begin: late arrival, a day, and the hour it began in; hours. */
const PAST_HOURS = 26;

type Join = (options: JoinOptions) => string;

const looked = (column: string, { database, looked: where }: JoinOptions): string =>
  `SELECT c.${column} FROM ${database}.${TABLES.calls} AS c WHERE ${where}`;

/** The beginning of the past that is counted, and its end by the hour. */
const PAST = `toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - ${String(PAST_HOURS * 3_600_000)}))`;
const DONE = 'toStartOfHour(fromUnixTimestamp64Milli({to:Int64} + 3600000))';

function ofToken(name: string, dimension: string): Join {
  return (options) => `LEFT JOIN (
      SELECT token_hash AS k, value AS v, min(first_seen) AS first
      FROM ${options.database}.${TABLES.tokenSeen}
      WHERE dimension = '${dimension}' AND token_hash IN (${looked('token_hash', options)})
      GROUP BY k, v
    ) AS token_${name} ON token_${name}.k = c.token_hash AND token_${name}.v = ${valueOf(name)}`;
}

function ofClient(name: string, dimension: string): Join {
  return (options) => `LEFT JOIN (
      SELECT k, v, min(f) AS first, groupArray(${String(MOST_PEERS)})(f) AS firsts FROM (
        SELECT client_id AS k, value AS v, min(first_seen) AS f
        FROM ${options.database}.${TABLES.clientValues}
        WHERE dimension = '${dimension}' AND client_id IN (${looked('client_id', options)})
        GROUP BY k, v, token_hash
      ) GROUP BY k, v
    ) AS client_${name} ON client_${name}.k = c.client_id AND client_${name}.v = ${valueOf(name)}`;
}

/** All values of a dimension with the moment of their first use. */
function allOf(whose: 'token' | 'client', name: string, dimension: string): Join {
  const [table, key] =
    whose === 'token' ? [TABLES.tokenSeen, 'token_hash'] : [TABLES.clientValues, 'client_id'];
  return (options) => `LEFT JOIN (
      SELECT k, groupArray(${String(MOST_VALUES)})((v, f)) AS all FROM (
        SELECT ${key} AS k, value AS v, min(first_seen) AS f FROM ${options.database}.${table}
        WHERE dimension = '${dimension}' AND ${key} IN (${looked(key, options)})
        GROUP BY k, v ORDER BY k, f
      ) GROUP BY k
    ) AS ${whose}_all_${name} ON ${whose}_all_${name}.k = c.${key}`;
}

/**
 * A running sum, joined as it was just before a call, or before a moment `later` hours earlier: the
 * difference of the two is the sum of the time between.
 *
 * @param sql gives `k` (keys of the join), `at` and what is summed up, in order of time
 */
function running(alias: string, keys: readonly string[], sql: Join): Join {
  const on = keys.map((key, i) => `${alias}.k${String(i)} = ${key}`).join(' AND ');
  return (options) =>
    `ASOF LEFT JOIN (${sql(options)}) AS ${alias} ON ${on} AND c.time > ${alias}.at`;
}

/** The last moment of a window is left out where it begins: (t − hours, t). */
const shifted = (column: string, hours: number): string =>
  hours === 0 ? column : `${column} + INTERVAL ${String(hours * 3_600_000 - 1)} MILLISECOND`;

function tokenCalls(hours: number): Join {
  return (options) => `
      SELECT k0, ${shifted('t', hours)} AS at, sum(m) OVER w AS n, sum(d) OVER w AS denied FROM (
        SELECT p.token_hash AS k0, p.time AS t, toInt64(count()) AS m,
          toInt64(countIf(p.status IN (401, 403))) AS d
        FROM ${options.database}.${TABLES.calls} AS p
        WHERE toStartOfHour(p.time) >= ${PAST} AND toStartOfHour(p.time) < ${DONE}
          AND p.token_hash IN (${looked('token_hash', options)})
        GROUP BY k0, t
      ) WINDOW w AS (PARTITION BY k0 ORDER BY t)`;
}

function tokenAmount(hours: number): Join {
  return (options) => `
      SELECT k0, k1, ${shifted('t', hours)} AS at, sum(m) OVER (PARTITION BY k0, k1 ORDER BY t) AS n
      FROM (
        SELECT p.token_hash AS k0, p.currency AS k1, p.time AS t, sum(assumeNotNull(p.amount)) AS m
        FROM ${options.database}.${TABLES.calls} AS p
        WHERE toStartOfHour(p.time) >= ${PAST} AND toStartOfHour(p.time) < ${DONE}
          AND p.amount IS NOT NULL AND isFinite(assumeNotNull(p.amount)) AND p.token_hash IN (${looked('token_hash', options)})
        GROUP BY k0, k1, t
      )`;
}

function tokenObjects(hours: number): Join {
  return (options) => `
      SELECT k0, ${shifted('t', hours)} AS at, sum(m) OVER (PARTITION BY k0 ORDER BY t) AS n FROM (
        SELECT k0, t, toInt64(count()) AS m FROM (
          SELECT token_hash AS k0, min(first_seen) AS t FROM ${options.database}.${TABLES.tokenObjects}
          WHERE token_hash IN (${looked('token_hash', options)}) GROUP BY k0, object_hash
        ) WHERE t >= ${PAST} GROUP BY k0, t
      )`;
}

/** Whole minutes only: one counts from its end on. */
function clientCalls(hours: number): Join {
  const end = "toDateTime64(t, 3, 'UTC') + INTERVAL 59999 MILLISECOND";
  return (options) => `
      SELECT k0, ${hours === 0 ? end : `${end} + INTERVAL ${String(hours)} HOUR`} AS at,
        sum(m) OVER (PARTITION BY k0 ORDER BY t) AS n FROM (
        SELECT client_id AS k0, minute AS t, toInt64(sum(calls)) AS m
        FROM ${options.database}.${TABLES.clientMinute}
        WHERE minute >= ${PAST} AND minute < ${DONE} AND client_id IN (${looked('client_id', options)})
        GROUP BY k0, t
      )`;
}

const clientAmount: Join = (options) => `LEFT JOIN (
      SELECT client_id AS k, currency AS v, toDate(d) AS on_day, sum(calls) AS n,
        quantilesBFloat16Merge(0.5, 0.95, 0.99)(amounts) AS q
      FROM ${options.database}.${TABLES.clientAmounts}
      ARRAY JOIN range(toUInt32(toDate(fromUnixTimestamp64Milli({from:Int64} - 3600000))), toUInt32(toDate(fromUnixTimestamp64Milli({to:Int64}))) + 1) AS d
      WHERE toUInt32(day) >= d - 30 AND toUInt32(day) < d
        AND client_id IN (${looked('client_id', options)})
      GROUP BY k, v, on_day
    ) AS client_amount ON client_amount.k = c.client_id AND client_amount.v = c.currency
      AND client_amount.on_day = toDate(c.time)`;

const tokenObject: Join = (options) => `LEFT JOIN (
      SELECT token_hash AS k, object_hash AS v, min(first_seen) AS first
      FROM ${options.database}.${TABLES.tokenObjects}
      WHERE token_hash IN (${looked('token_hash', options)})
      GROUP BY k, v
    ) AS token_object ON token_object.k = c.token_hash AND token_object.v = c.object_hash`;

const TOKEN = ['c.token_hash'];

/** Joins that add up the calls of a day, or all objects, of whoever is looked at: the dear ones. */
const SUMS: Readonly<Record<string, Join>> = {
  token_calls: running('token_calls', TOKEN, tokenCalls(0)),
  token_calls_1h: running('token_calls_1h', TOKEN, tokenCalls(1)),
  token_calls_24h: running('token_calls_24h', TOKEN, tokenCalls(24)),
  token_amount: running('token_amount', [...TOKEN, 'c.currency'], tokenAmount(0)),
  token_amount_24h: running('token_amount_24h', [...TOKEN, 'c.currency'], tokenAmount(24)),
  token_objects: running('token_objects', TOKEN, tokenObjects(0)),
  token_objects_1h: running('token_objects_1h', TOKEN, tokenObjects(1)),
  token_objects_24h: running('token_objects_24h', TOKEN, tokenObjects(24)),
  client_calls: running('client_calls', ['c.client_id'], clientCalls(0)),
  client_calls_1h: running('client_calls_1h', ['c.client_id'], clientCalls(1)),
};

/** Whether a join adds up a day of calls. */
export const isDear = (name: string): boolean => name in SUMS;

/** Every join by its name; features name those they need. */
export const JOINS: Readonly<Record<string, Join>> = {
  token_any: ofToken('any', 'any'),
  client_any: ofClient('any', 'any'),
  token_object: tokenObject,
  client_amount: clientAmount,
  ...SUMS,
  ...Object.fromEntries(
    DIMENSIONS.flatMap(({ name, dimension }) => [
      [`token_${name}`, ofToken(name, dimension)],
      [`client_${name}`, ofClient(name, dimension)],
      [`token_all_${name}`, allOf('token', name, dimension)],
      [`client_all_${name}`, allOf('client', name, dimension)],
    ]),
  ),
};
