import type { Db } from '../db.ts';
import type { Shard } from '../../config/shard.ts';
import { TABLES } from '../tables.ts';
import { sourcesParams, sourcesSql } from './ancestry.ts';
import type { Ancestry } from './ancestry.ts';
import { minutesSql } from './minutes.ts';
import { sampleParams, sampled } from './samples.ts';
import type { Sample } from './samples.ts';
import { andOwn, shardParams } from './shard.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** How the calls of one token were answered, minute by minute. */
export interface OutcomeMinutes {
  tokenHash: string;
  clientId: string;
  /** Minutes since the epoch with calls, ascending; the counts are in the same order. */
  minutes: number[];
  calls: number[];
  /** Answered 401 or 403. */
  denied: number[];
  /** Answered 404. */
  notFound: number[];
}

/** A look at a range of minutes since the epoch, both inclusive. */
export interface MinuteRange {
  /** From here on refused or missing calls are looked for. */
  first: number;
  last: number;
  /** Whose tokens are looked at; all where absent. */
  shard?: Shard | undefined;
  /** Only of these, where it is known who had such an answer. */
  tokens?: readonly string[] | undefined;
  /** Only what was called for these clients. */
  sample?: Sample | undefined;
}

/** How far back before the first minute the rows reach: trailing windows are an hour long. */
const TRAILING = 59;
const MOST = 5_000;

/** Tokens with a refused or missing call in the range. */
function answeredSql(db: Db, range: MinuteRange): string {
  if (range.tokens !== undefined) return NAMED_TOKENS;
  return `SELECT token_hash FROM ${db.database}.${TABLES.tokenMinute}
    WHERE minute >= toDateTime({first:UInt32} * 60) AND minute <= toDateTime({last:UInt32} * 60)
      AND denied + not_found > 0 AND ${sampled(range.sample)} ${andOwn(range, 'token_hash')}`;
}

/**
 * Tokens with at least three refused or five missing calls in a range and the 59 minutes before it,
 * of which at least one lies in the range.
 */
export async function readOutcomeMinutes(db: Db, range: MinuteRange): Promise<OutcomeMinutes[]> {
  const first = 'toDateTime({first:UInt32} * 60)';
  const last = 'toDateTime({last:UInt32} * 60)';
  const minutes = minutesSql(db, {
    who: `token_hash IN (${answeredSql(db, range)})`,
    first: `${first} - INTERVAL ${String(TRAILING)} MINUTE`,
    last,
  });
  return db.query<OutcomeMinutes>(
    `SELECT lower(hex(token_hash)) AS tokenHash, argMax(client, m) AS clientId,
       groupArray(m) AS minutes, groupArray(n) AS calls, groupArray(d) AS denied,
       groupArray(f) AS notFound
     FROM (
       SELECT intDiv(toUnixTimestamp(minute), 60) AS m, token_hash, any(client_id) AS client,
         sum(calls) AS n, sum(denied) AS d, sum(not_found) AS f
       FROM ${minutes}
       GROUP BY m, token_hash ORDER BY token_hash, m
     )
     GROUP BY token_hash HAVING sum(d) >= 3 OR sum(f) >= 5 LIMIT ${String(MOST)}`,
    {
      ...{ first: range.first, last: range.last, ...shardParams(range) },
      ...sampleParams(range.sample),
      ...(range.tokens === undefined ? {} : { tokens: range.tokens }),
    },
  );
}

/** What is known of a token's answers before a day. */
export interface OutcomePast {
  tokenHash: string;
  calls: number;
  denied: number;
  notFound: number;
  /** Hours with calls. */
  active: number;
}

/** The answers that tokens, and those that they follow, got in the 30 days before a day (days since the epoch). */
export async function readOutcomePast(
  db: Db,
  day: number,
  tokens: readonly string[],
  ancestry?: Ancestry,
): Promise<OutcomePast[]> {
  return db.query<OutcomePast>(
    `WITH sources AS (${sourcesSql(db, 'toDateTime({day:UInt32} * 86400)', ancestry)})
     SELECT lower(hex(token)) AS tokenHash, sum(c) AS calls, sum(d) AS denied,
       sum(f) AS notFound, sum(bitCount(h)) AS active
     FROM (
       SELECT s.token AS token, o.day AS day, groupBitOr(o.hours) AS h, sum(o.calls) AS c,
         sum(o.denied) AS d, sum(o.not_found) AS f
       FROM (
         SELECT token_hash, day, hours, calls, denied, not_found
         FROM ${db.database}.${TABLES.tokenOutcomes}
         WHERE token_hash IN (SELECT source FROM sources)
           AND day < toDate({day:UInt32}) AND day >= toDate({day:UInt32}) - 30
       ) AS o JOIN sources AS s ON s.source = o.token_hash
       GROUP BY token, day
     )
     GROUP BY token`,
    { day, ...sourcesParams(tokens, ancestry) },
  );
}
