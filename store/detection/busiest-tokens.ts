import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Calls in the minute, and in the 5 min, 60 min and 24 clock hours that end with it. */
export type WindowCounts = readonly [number, number, number, number];

/**
 * Of each client the most calls that any one of its tokens made in each window; failed calls are not
 * counted, as in `readWindows`.
 *
 * @param minute its beginning, epoch seconds
 * @returns by client; without those that had no calls
 */
export async function readBusiestTokens(
  db: Db,
  minute: number,
  clients: readonly string[],
): Promise<Map<string, WindowCounts>> {
  const rows = await db.query<{ clientId: string; counts: WindowCounts }>(
    `SELECT clientId, [max(x1), max(x5), max(x60), max(x1440)] AS counts
     FROM (
       SELECT client_id AS clientId, token_hash,
         sumIf(n, at = toDateTime({minute:UInt32})) AS x1,
         sumIf(n, at > toDateTime({minute:UInt32} - 300)) AS x5,
         sum(n) AS x60, 0 AS x1440
       FROM (
         SELECT client_id, token_hash, minute AS at, calls - failed AS n
         FROM ${db.database}.${TABLES.tokenMinute}
         WHERE minute > toDateTime({minute:UInt32} - 3600) AND minute <= toDateTime({minute:UInt32})
           AND client_id IN {clients:Array(String)}
       )
       GROUP BY client_id, token_hash
       UNION ALL
       SELECT client_id AS clientId, token_hash, 0 AS x1, 0 AS x5, 0 AS x60,
         sum(calls - failed) AS x1440
       FROM ${db.database}.${TABLES.tokenHour}
       WHERE hour > toStartOfHour(toDateTime({minute:UInt32})) - INTERVAL 24 HOUR
         AND hour <= toStartOfHour(toDateTime({minute:UInt32}))
         AND client_id IN {clients:Array(String)}
       GROUP BY client_id, token_hash
     )
     GROUP BY clientId`,
    { minute, clients: [...new Set(clients)] },
  );
  return new Map(rows.map((row) => [row.clientId, row.counts]));
}
