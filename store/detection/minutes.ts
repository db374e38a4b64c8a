import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import type { Scope } from './scope.ts';

/** Whose minutes are asked for, and which of them; SQL. */
export interface MinutesWanted {
  /** A condition on `token_hash` and `client_id`. */
  who: string;
  /** First and last minute, both inclusive: DateTime. */
  first: string;
  last: string;
}

/** Looks at so old minutes, of a detector that was away for long, ask the table that keeps them longest. */
const RECENT = 'INTERVAL 6 DAY';

/**
 * Minutes of tokens as a subquery: token_hash, client_id, minute, calls, denied, not_found, failed (Int64);
 * several rows where they were answered in several ways. See migration 155.
 */
export function minutesSql(db: Db, { who, first, last }: MinutesWanted): string {
  const kind = (from: number): string =>
    `toInt64(if(k >= ${String(from)} AND k < ${String(from + 64)}, v, 0))`;
  return `(
    SELECT token_hash, client_id, hour + (k % 64) * 60 AS minute, ${kind(0)} AS calls,
      ${kind(64)} AS denied, ${kind(128)} AS not_found, ${kind(192)} AS failed
    FROM (
      SELECT token_hash, client_id, hour, minutes FROM ${db.database}.${TABLES.tokenWindow}
      PREWHERE hour >= toStartOfHour(${first}) AND hour <= ${last} AND ${who}
      WHERE ${last} >= now() - ${RECENT}
    ) ARRAY JOIN mapKeys(minutes) AS k, mapValues(minutes) AS v
    WHERE minute >= ${first} AND minute <= ${last}
    UNION ALL
    SELECT token_hash, client_id, minute, toInt64(calls) AS calls, toInt64(denied) AS denied,
      toInt64(not_found) AS not_found, toInt64(failed) AS failed
    FROM ${db.database}.${TABLES.tokenMinute}
    PREWHERE ${who}
    WHERE minute >= ${first} AND minute <= ${last} AND ${last} < now() - ${RECENT}
  )`;
}

/**
 * The table that says in which hours tokens called, for which clients (hour, token_hash, client_id): live the
 * one of the last days, of which a part of the tokens is read without the others.
 */
export function activeHours(db: Db, scope: Scope): string {
  return `${db.database}.${scope.by === 'arrival' ? TABLES.tokenWindow : TABLES.tokenHour}`;
}
