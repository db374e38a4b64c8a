import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { CONCERNS_OBJECT } from './objects.ts';
import { scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken } from './shard.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

const DAY_MS = 86_400_000;
const TOKEN = 'toFixedString(unhex({tokenHash:String}), 32)';

/** New objects of a token within 24 h: from the first to the last of them, epoch ms. */
export interface UptakeWindow {
  tokenHash: string;
  from: number;
  to: number;
  objects: number;
}

/** That 24 h end with each new object, whatever range of calls is looked at: live and in a backtest alike. */
const TRAILING_DAY = `ORDER BY at RANGE BETWEEN ${String(DAY_MS)} PRECEDING AND CURRENT ROW`;
/** It goes on: the last quarter of the day has its quarter of them. Else what is long over is told again. */
const TRAILING_QUARTER = `ORDER BY at RANGE BETWEEN ${String(DAY_MS / 4)} PRECEDING AND CURRENT ROW`;

/**
 * Tokens with a call on an object in the look that took up at least so many new ones within 24 h; the
 * day in which they took up most, of those that end after a moment.
 *
 * @param bound.since epoch ms: the beginning of the look, or as far before it as calls come late
 */
export async function readSlowUptake(
  db: Db,
  scope: Scope,
  { least, since }: { least: number; since: number },
): Promise<UptakeWindow[]> {
  return db.query<UptakeWindow>(
    `WITH taken AS (
       SELECT token_hash, arrayJoin(arraySort(groupArray(20000)(toUnixTimestamp64Milli(since)))) AS at FROM (
         SELECT token_hash, object_hash, min(first_seen) AS since FROM ${db.database}.${TABLES.tokenObjects}
         WHERE token_hash IN (SELECT c.token_hash FROM ${db.database}.${TABLES.calls} AS c
           WHERE ${scopeSql(scope)} AND ${CONCERNS_OBJECT} ${andOwnToken(scope)})
         GROUP BY token_hash, object_hash
         HAVING since >= fromUnixTimestamp64Milli({since:Int64} - ${String(DAY_MS)})
           AND since < fromUnixTimestamp64Milli({to:Int64})
       ) GROUP BY token_hash HAVING count() >= {least:UInt32}
     ),
     days AS (
       SELECT token_hash, at, count() OVER day AS n, count() OVER quarter AS lately, min(at) OVER day AS begun
       FROM taken WINDOW day AS (PARTITION BY token_hash ${TRAILING_DAY}),
         quarter AS (PARTITION BY token_hash ${TRAILING_QUARTER})
     )
     SELECT lower(hex(token_hash)) AS tokenHash, argMax(begun, (n, -at)) AS from,
       argMax(at, (n, -at)) + 1 AS to, max(n) AS objects
     FROM days WHERE at >= {since:Int64} AND 4 * lately >= {least:UInt32} GROUP BY token_hash HAVING objects >= {least:UInt32}
     ORDER BY objects DESC LIMIT 5000`,
    { ...scopeParams(scope), least, since },
  );
}

/** Whose objects are new: those of the token, or, where a client is given, those that it was never served. */
export interface NewTo {
  clientId?: string;
}

/** The objects of a token from a moment on, and since when (epoch ms); without those that its client had before. */
const newObjects = (db: Db): string =>
  `SELECT t.object_hash AS object_hash, t.at AS since FROM (
     SELECT object_hash, toUnixTimestamp64Milli(min(first_seen)) AS at
     FROM ${db.database}.${TABLES.tokenObjects} WHERE token_hash = ${TOKEN}
     GROUP BY object_hash HAVING at >= {from:Int64}
   ) AS t LEFT JOIN (
     SELECT object_hash, toUnixTimestamp64Milli(min(first_seen)) AS at
     FROM ${db.database}.${TABLES.objectClients}
     WHERE {clientId:String} != '' AND client_id = {clientId:String} AND object_hash IN (
       SELECT object_hash FROM ${db.database}.${TABLES.tokenObjects} WHERE token_hash = ${TOKEN})
     GROUP BY object_hash
   ) AS c ON c.object_hash = t.object_hash
   WHERE c.at = 0 OR c.at >= t.at`;

/**
 * The first 24 h that end at or after a moment and hold so many new objects of a token; null where
 * there are none.
 *
 * @param one.since epoch ms
 */
export async function readFirstFullDay(
  db: Db,
  one: NewTo & { tokenHash: string; since: number; until: number; objects: number },
): Promise<UptakeWindow | null> {
  const [row] = await db.query<UptakeWindow>(
    `SELECT {tokenHash:String} AS tokenHash, begun AS from, at + 1 AS to, n AS objects FROM (
       SELECT at, count() OVER day AS n, count() OVER quarter AS lately, min(at) OVER day AS begun FROM (
         SELECT since AS at FROM (${newObjects(db)}) WHERE at >= {from:Int64} AND at < {until:Int64}
       ) WINDOW day AS (${TRAILING_DAY}), quarter AS (${TRAILING_QUARTER})
     ) WHERE at >= {since:Int64} AND n >= {objects:UInt64} AND 4 * lately >= {objects:UInt64}
     ORDER BY at LIMIT 1`,
    { ...one, clientId: one.clientId ?? '', from: one.since - DAY_MS },
  );
  return row ?? null;
}

/** How the new objects of a window were answered, and whose token it was at its end. */
export interface UptakeAnswers {
  clientId: string;
  served: number;
  denied: number;
}

/** What a token got of the objects that it took up in a window; an object served once counts as served. */
export async function readAnswers(
  db: Db,
  window: UptakeWindow & NewTo,
): Promise<UptakeAnswers | null> {
  const [row] = await db.query<UptakeAnswers>(
    `SELECT argMax(toString(client_id), time) AS clientId,
       uniqExactIf(object_hash, status BETWEEN 200 AND 299) AS served,
       uniqExact(object_hash) - served AS denied
     FROM ${db.database}.${TABLES.calls}
     WHERE toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
       AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({to:Int64})
       AND token_hash = ${TOKEN} AND object_hash IN (
         SELECT object_hash FROM (${newObjects(db)}))
     HAVING count() > 0`,
    {
      ...{ tokenHash: window.tokenHash, from: window.from, to: window.to },
      clientId: window.clientId ?? '',
    },
  );
  return row ?? null;
}

/** The most new objects that somebody took up in an hour and in a day (UTC) before. */
export interface Uptake {
  hour: number;
  day: number;
  /** Days on which it called before, of a token; since when it is known, of a client. */
  days: number;
}

/** The same of a token, and in how many hours it called before. */
export interface TokenUptake extends Uptake {
  hours: number;
}

/** Hours of an incident teach nothing; a longer one is one that nobody looks after. */
const troubled = (db: Db): string =>
  `(SELECT entity_key, arrayJoin(arrayMap(i -> from_hour + 3600 * i,
      range(toUInt32(least(4000, 1 + dateDiff('hour', from_hour, until_hour)))))) AS hour
    FROM ${db.database}.${TABLES.untrained} FINAL WHERE lifted = 0)`;

/** New objects by hour of the tokens that a condition names, out of incidents, before a moment. */
const hourly = (db: Db, tokens: string): string =>
  `SELECT token_hash, toStartOfHour(since) AS hour, count() AS n FROM (
     SELECT token_hash, min(first_seen) AS since FROM ${db.database}.${TABLES.tokenObjects}
     WHERE token_hash IN (${tokens}) GROUP BY token_hash, object_hash
   ) WHERE since < fromUnixTimestamp64Milli({before:Int64}) AND (token_hash, hour) NOT IN ${troubled(db)}
   GROUP BY token_hash, hour`;

/** What some tokens took up before a moment (epoch ms), by token; those that never did are left out. */
export async function readTokenUptakes(
  db: Db,
  tokens: readonly string[],
  before: number,
): Promise<Map<string, TokenUptake>> {
  const rows = await db.query<TokenUptake & { tokenHash: string }>(
    `SELECT lower(hex(a.token_hash)) AS tokenHash, a.days AS days, a.hours AS hours, max(d.most) AS hour, max(d.sum) AS day
     FROM (
       SELECT token_hash, uniqExact(toDate(hour)) AS days, uniqExact(hour) AS hours FROM ${db.database}.${TABLES.tokenValues}
       WHERE token_hash IN (${NAMED_TOKENS}) AND dimension = 'any'
         AND hour < fromUnixTimestamp64Milli({before:Int64}) GROUP BY token_hash
     ) AS a LEFT JOIN (
       SELECT h.token_hash AS token_hash, toDate(h.hour) AS day, max(h.n) AS most, sum(h.n) AS sum
       FROM (${hourly(db, NAMED_TOKENS)}) AS h GROUP BY h.token_hash, day
     ) AS d ON d.token_hash = a.token_hash
     GROUP BY a.token_hash, a.days, a.hours`,
    { tokens, before },
  );
  return new Map(rows.map(({ tokenHash, ...uptake }) => [tokenHash, uptake]));
}

/** The most that any one token of a client took up before a moment (epoch ms). */
export async function readClientUptake(
  db: Db,
  one: { clientId: string; before: number },
): Promise<Uptake> {
  const values = `${db.database}.${TABLES.clientValues}`;
  const whose = `client_id = {clientId:String} AND dimension = 'any'`;
  const [row] = await db.query<Uptake>(
    `SELECT max(d.most) AS hour, max(d.sum) AS day,
       (SELECT if(count() = 0, 0, dateDiff('hour', min(first_seen), fromUnixTimestamp64Milli({before:Int64})) / 24)
        FROM ${values} WHERE ${whose}) AS days
     FROM (
       SELECT h.token_hash AS token_hash, toDate(h.hour) AS day, max(h.n) AS most, sum(h.n) AS sum
       FROM (${hourly(db, `SELECT token_hash FROM ${values} WHERE ${whose} LIMIT 2000`)}) AS h
       GROUP BY h.token_hash, day
     ) AS d`,
    one,
  );
  return row ?? { hour: 0, day: 0, days: 0 };
}

/** Tokens that stand for all of an installation. */
const SAMPLE = 1_000;

/**
 * What tokens of a whole installation took up in an hour before a moment (epoch ms): how many were looked
 * at, at most a thousand, and what the busiest hours of all but one in a hundred of them stayed within.
 */
export async function readUsualUptake(
  db: Db,
  before: number,
): Promise<{ tokens: number; most: number }> {
  const sample = `SELECT token_hash FROM ${db.database}.${TABLES.clientValues}
    WHERE dimension = 'any' AND first_seen < fromUnixTimestamp64Milli({before:Int64})
    GROUP BY token_hash ORDER BY cityHash64(token_hash) LIMIT ${String(SAMPLE)}`;
  const [row] = await db.query<{ tokens: number; most: number }>(
    `SELECT count() AS tokens, toFloat64(quantileExactHigh(0.99)(most)) AS most FROM (
       SELECT s.token_hash, max(h.n) AS most FROM (${sample}) AS s
       LEFT JOIN (${hourly(db, sample)}) AS h ON h.token_hash = s.token_hash GROUP BY s.token_hash
     )`,
    { before },
  );
  return { tokens: row?.tokens ?? 0, most: row?.most ?? 0 };
}
