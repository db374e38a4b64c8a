import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { sourcesParams, sourcesSql } from './ancestry.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** What a token did in one dimension before an hour. */
export interface OwnValues {
  tokenHash: string;
  dimension: string;
  /** Values with their decayed counts of active hours. */
  counts: Record<string, number>;
}

/** Half-life of values, hours. */
const HALF_LIFE = 30 * 24;

/**
 * Decayed active hours of values of tokens and of those that they follow (`token_lineage`), without
 * hours under an incident (`untrained`), from the hours before `hour` (since the epoch). Values
 * beyond the 200 commonest of a dimension are left out of the names but stay in the total.
 */
export async function readOwnValues(
  db: Db,
  hour: number,
  tokens: readonly string[],
): Promise<OwnValues[]> {
  const rows = await db.query<{
    tokenHash: string;
    dimension: string;
    names: string[];
    hours: number[];
  }>(
    `WITH sources AS (${sourcesSql(db, 'toDateTime({hour:UInt32} * 3600)')})
     SELECT lower(hex(token)) AS tokenHash, dimension,
       groupArray(value) AS names, groupArray(n) AS hours
     FROM (
       SELECT token, dimension, value, sum(w) AS n
       FROM (
         SELECT DISTINCT s.token AS token, toString(v.dimension) AS dimension, v.value AS value,
           v.hour AS hour, exp2((toUnixTimestamp(v.hour) / 3600 - {hour:UInt32}) / {halfLife:Float64}) AS w
         FROM (
           SELECT token_hash, dimension, value, hour FROM ${db.database}.${TABLES.tokenValues}
           WHERE token_hash IN (SELECT source FROM sources) AND hour < toDateTime({hour:UInt32} * 3600)
             AND hour >= toDateTime(({hour:UInt32} - 2160) * 3600)
         ) AS v
         JOIN sources AS s ON s.source = v.token_hash
         LEFT JOIN (
           SELECT entity_key, groupArray((from_hour, until_hour)) AS spans
           FROM ${db.database}.${TABLES.untrained} FINAL
           WHERE entity_key IN (SELECT source FROM sources) GROUP BY entity_key
         ) AS u ON u.entity_key = v.token_hash
         WHERE NOT arrayExists(span -> v.hour >= span.1 AND v.hour <= span.2, u.spans)
       )
       GROUP BY token, dimension, value
       ORDER BY n DESC LIMIT 200 BY token, dimension
     )
     GROUP BY token, dimension`,
    { ...sourcesParams(tokens), hour, halfLife: HALF_LIFE },
  );
  return rows.map(({ tokenHash, dimension, names, hours }) => ({
    tokenHash,
    dimension,
    counts: Object.fromEntries(names.map((name, i) => [name, hours[i] ?? 0])),
  }));
}

/** A dimension and value of a client's tokens. */
export interface ClientValue {
  clientId: string;
  dimension: string;
  value: string;
}

/** Which of a client's tokens took up a value when. */
export interface Uptake extends ClientValue {
  /** Token hashes, and epoch ms of their first call with the value, in the same order. */
  tokens: string[];
  since: number[];
}

/** Uptakes of values by all tokens of clients, the first 500 of each. */
export async function readUptakes(db: Db, wanted: readonly ClientValue[]): Promise<Uptake[]> {
  return db.query<Uptake>(
    `SELECT client_id AS clientId, toString(dimension) AS dimension, value,
       groupArray(500)(lower(hex(token_hash))) AS tokens,
       groupArray(500)(toUnixTimestamp64Milli(first)) AS since
     FROM (
       SELECT client_id, dimension, value, token_hash, min(first_seen) AS first
       FROM ${db.database}.${TABLES.clientValues}
       WHERE client_id IN {clients:Array(String)} AND (toString(dimension), value) IN (
         SELECT d, v FROM (SELECT {dimensions:Array(String)} AS ds, {values:Array(String)} AS vs)
         ARRAY JOIN ds AS d, vs AS v
       )
       GROUP BY client_id, dimension, value, token_hash ORDER BY first
     )
     GROUP BY client_id, dimension, value`,
    {
      clients: [...new Set(wanted.map((one) => one.clientId))],
      dimensions: wanted.map((one) => one.dimension),
      values: wanted.map((one) => one.value),
    },
  );
}

/** A user agent of a token, and since when; epoch ms. */
export interface TokenProgram {
  tokenHash: string;
  value: string;
  first: number;
}

/** The user agents of tokens, at most the 50 latest of each. */
export async function readPrograms(db: Db, tokens: readonly string[]): Promise<TokenProgram[]> {
  if (tokens.length === 0) return [];
  return db.query<TokenProgram>(
    `SELECT lower(hex(token_hash)) AS tokenHash, value, toUnixTimestamp64Milli(min(first_seen)) AS first
     FROM ${db.database}.${TABLES.tokenSeen}
     WHERE token_hash IN (${NAMED_TOKENS}) AND dimension = 'user_agent'
     GROUP BY token_hash, value ORDER BY first DESC LIMIT 50 BY token_hash`,
    { tokens: [...new Set(tokens)] },
  );
}

/** A client's tokens by when they were first seen. */
export interface TokenCount {
  /** Those first seen before the range. */
  before: number;
  /** First calls of those that came in the range, epoch ms, in order. */
  since: number[];
}

/** How many of a client's tokens come in one range at most that are told apart. */
const MOST_YOUNG = 10_000;

/**
 * How many tokens clients had before and in a range, by client; so that it can be said of every moment
 * of the range.
 *
 * @param range epoch ms, [from, to)
 */
export async function readTokenCounts(
  db: Db,
  clients: readonly string[],
  range: { from: number; to: number },
): Promise<Map<string, TokenCount>> {
  const rows = await db.query<TokenCount & { clientId: string }>(
    `SELECT client AS clientId, countIf(first < {from:Int64}) AS before,
       arraySort(groupArrayIf(${String(MOST_YOUNG)})(first, first >= {from:Int64})) AS since
     FROM (
       SELECT client_id AS client, token_hash, toUnixTimestamp64Milli(min(first_seen)) AS first
       FROM ${db.database}.${TABLES.clientValues}
       WHERE client_id IN {clients:Array(String)} AND dimension = 'any'
         AND first_seen < fromUnixTimestamp64Milli({to:Int64})
       GROUP BY client, token_hash
     )
     GROUP BY client`,
    { clients: [...new Set(clients)], from: range.from, to: range.to },
  );
  return new Map(rows.map(({ clientId, ...count }) => [clientId, count]));
}

/** Shares of values among all calls of the 30 days before a day, by `dimension\0value`. */
export async function readShares(
  db: Db,
  day: number,
  wanted: readonly { dimension: string; value: string }[],
): Promise<Map<string, number>> {
  const range = 'day < toDate({day:UInt32}) AND day >= toDate({day:UInt32}) - 30';
  const rows = await db.query<{ dimension: string; value: string; share: number }>(
    `SELECT toString(v.dimension) AS dimension, v.value AS value, v.n / t.n AS share
     FROM (
       SELECT dimension, value, sum(calls) AS n FROM ${db.database}.${TABLES.globalValues}
       WHERE ${range} AND value IN {values:Array(String)} GROUP BY dimension, value
     ) AS v
     JOIN (
       SELECT dimension, sum(calls) AS n FROM ${db.database}.${TABLES.globalValues}
       WHERE ${range} GROUP BY dimension
     ) AS t ON t.dimension = v.dimension`,
    { day, values: [...new Set(wanted.map((one) => one.value))] },
  );
  return new Map(rows.map((row) => [`${row.dimension}\0${row.value}`, row.share]));
}

/** A token's countries in order: when each stretch of calls from one country began. */
export interface Trail {
  tokenHash: string;
  times: number[];
  countries: string[];
  kinds: string[];
}

/** Whose trail is asked for, [from, to), epoch ms. */
export interface TrailQuery {
  tokenHash: string;
  from: number;
  to: number;
}

/** Calls of tokens by country, each in its own range; only of tokens with several. */
export async function readTrails(db: Db, asked: readonly TrailQuery[]): Promise<Trail[]> {
  if (asked.length === 0) return [];
  return db.query<Trail>(
    `SELECT lower(hex(token_hash)) AS tokenHash,
       groupArray(2000)(toUnixTimestamp64Milli(time)) AS times,
       groupArray(2000)(toString(country)) AS countries,
       groupArray(2000)(toString(network_kind)) AS kinds
     FROM (
       SELECT c.token_hash AS token_hash, c.time AS time, c.country AS country,
         c.network_kind AS network_kind
       FROM ${db.database}.${TABLES.calls} AS c INNER JOIN (
         SELECT toFixedString(unhex(asked.1), 32) AS token, asked.2 AS since, asked.3 AS until
         FROM (SELECT arrayJoin(arrayZip({tokens:Array(String)}, {since:Array(Int64)}, {until:Array(Int64)})) AS asked)
       ) AS a ON a.token = c.token_hash
       WHERE c.token_hash IN (${NAMED_TOKENS}) AND c.country != ''
         AND toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
         AND c.time < fromUnixTimestamp64Milli({to:Int64})
         AND c.time >= fromUnixTimestamp64Milli(a.since) AND c.time < fromUnixTimestamp64Milli(a.until)
       ORDER BY token_hash, time
     )
     GROUP BY token_hash HAVING length(arrayDistinct(countries)) > 1`,
    {
      from: Math.min(...asked.map((one) => one.from)),
      to: Math.max(...asked.map((one) => one.to)),
      tokens: asked.map((one) => one.tokenHash),
      since: asked.map((one) => Math.floor(one.from)),
      until: asked.map((one) => Math.ceil(one.to)),
    },
  );
}
