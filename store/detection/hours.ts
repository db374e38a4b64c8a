import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { within } from './key-ranges.ts';
import type { KeyRange } from './key-ranges.ts';

/** Calls of one token (or client, then without a hash) in one hour; failed ones (5xx, 429) aside. */
export interface HourRow {
  /** Hours since the epoch. */
  hour: number;
  /** Lower-case hex; empty for a client's row. */
  tokenHash: string;
  clientId: string;
  calls: number;
  /** Σn² over minutes, and over five-minute buckets. */
  q1: number;
  q5: number;
}

/**
 * Hourly sums of tokens or clients between the parameters `from` and `to` (epoch seconds), under the
 * names of {@link HourRow}.
 *
 * @param only a further condition on the rows of the rollup
 */
export function hoursSql(db: Db, entity: 'token' | 'client', only = '1'): string {
  const token = entity === 'token' ? 'token_hash, ' : '';
  const table = entity === 'token' ? TABLES.tokenMinute : TABLES.clientMinute;
  return `
    SELECT intDiv(toUnixTimestamp(h), 3600) AS hour,
      ${entity === 'token' ? 'lower(hex(token_hash))' : "''"} AS tokenHash, client_id AS clientId,
      sum(n) AS calls, sum(q) AS q1, sum(n * n) AS q5
    FROM (
      SELECT toStartOfHour(five) AS h, five, ${token}client_id, sum(c) AS n, sum(c * c) AS q
      FROM (
        SELECT minute, toStartOfFiveMinutes(minute) AS five, ${token}client_id, sum(calls - failed) AS c
        FROM ${db.database}.${table}
        WHERE minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32}) AND ${only}
        GROUP BY minute, ${token}client_id
      )
      GROUP BY five, ${token}client_id
    )
    GROUP BY h, ${token}client_id`;
}

/**
 * Hourly sums of tokens or clients in the hours [fromHour, toHour), in order of time.
 *
 * @param clients only these; all when undefined
 * @param tokens only tokens in a range of keys, and those that they follow
 */
export async function readHours(
  db: Db,
  entity: 'token' | 'client',
  range: { fromHour: number; toHour: number },
  clients?: readonly string[],
  tokens?: KeyRange,
): Promise<HourRow[]> {
  const named = clients === undefined ? '1' : 'client_id IN {clients:Array(String)}';
  const only = tokens === undefined ? named : `${named} AND ${withAncestors(db)}`;
  const sql = `SELECT * FROM (${hoursSql(db, entity, only)}) ORDER BY hour, tokenHash, clientId`;
  return db.query<HourRow>(sql, {
    from: range.fromHour * 3600,
    to: range.toHour * 3600,
    ...(clients === undefined ? {} : { clients }),
    ...tokens,
  });
}

/** A condition on tokens: in the range of keys that the parameters name, or followed by such a one. */
function withAncestors(db: Db): string {
  return `(${within('token_hash')} OR token_hash IN (
    SELECT ancestor FROM ${db.database}.${TABLES.tokenLineage} WHERE ${within('token_hash')}))`;
}

/** The first and the last hour of which there are calls, or null when there are none. */
export async function readHourRange(
  db: Db,
): Promise<{ firstHour: number; lastHour: number } | null> {
  const [row] = await db.query<{ firstHour: number; lastHour: number; rows: number }>(
    `SELECT intDiv(toUnixTimestamp(min(minute)), 3600) AS firstHour,
       intDiv(toUnixTimestamp(max(minute)), 3600) AS lastHour, count() AS rows
     FROM ${db.database}.${TABLES.clientMinute}`,
  );
  if (row === undefined || row.rows === 0) return null;
  return { firstHour: row.firstHour, lastHour: row.lastHour };
}

/** How many tokens were ever seen. */
export async function readTokenTotal(db: Db): Promise<number> {
  const [row] = await db.query<{ tokens: number }>(
    `SELECT uniq(token_hash) AS tokens FROM ${db.database}.${TABLES.tokenInventory}`,
  );
  return row?.tokens ?? 0;
}
