import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { minutesSql } from './minutes.ts';

/** Calls in the minute, and in the 5 min and 60 min that end with it. */
export type HourCounts = readonly [number, number, number];

const MINUTE = 'toDateTime({minute:UInt32})';

/**
 * Of each client the most calls that any one of its tokens made in each window of an hour; failed calls are
 * not counted, as in `readWindows`.
 *
 * @param minute its beginning, epoch seconds
 * @returns by client; without those that had no calls
 */
export async function readBusiestTokens(
  db: Db,
  minute: number,
  clients: readonly string[],
): Promise<Map<string, HourCounts>> {
  const minutes = minutesSql(db, {
    who: 'client_id IN {clients:Array(String)}',
    first: `${MINUTE} - INTERVAL 59 MINUTE`,
    last: MINUTE,
  });
  const rows = await db.query<{ clientId: string; counts: HourCounts }>(
    `SELECT client_id AS clientId, [max(x1), max(x5), max(x60)] AS counts
     FROM (
       SELECT client_id, token_hash, sumIf(calls - failed, minute = ${MINUTE}) AS x1,
         sumIf(calls - failed, minute > ${MINUTE} - 300) AS x5, sum(calls - failed) AS x60
       FROM ${minutes} GROUP BY client_id, token_hash
     )
     GROUP BY clientId`,
    { minute, clients: [...new Set(clients)] },
  );
  return new Map(rows.map((row) => [row.clientId, row.counts]));
}

/** The same of the 24 clock hours that end with the minute's. */
export async function readBusiestDays(
  db: Db,
  minute: number,
  clients: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db.query<{ clientId: string; most: number }>(
    `SELECT clientId, max(n) AS most
     FROM (
       SELECT client_id AS clientId, token_hash, sum(calls - failed) AS n
       FROM ${db.database}.${TABLES.tokenHour}
       PREWHERE client_id IN {clients:Array(String)}
       WHERE hour > toStartOfHour(${MINUTE}) - INTERVAL 24 HOUR AND hour <= toStartOfHour(${MINUTE})
       GROUP BY client_id, token_hash
     )
     GROUP BY clientId`,
    { minute, clients: [...new Set(clients)] },
  );
  return new Map(rows.map((row) => [row.clientId, row.most]));
}
