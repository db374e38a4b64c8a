import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** How far back an hour's calls are a record, hours. */
const MEMORY = 28 * 24;

/**
 * Calls in the six busiest clock hours of tokens, and how many hours had calls, in the four weeks that
 * end an hour before `hour` (since the epoch).
 */
export async function readBusiestHours(
  db: Db,
  hour: number,
  tokens: readonly string[],
): Promise<Map<string, { top: number[]; active: number }>> {
  const rows = await db.query<{ tokenHash: string; top: number[]; active: number }>(
    `SELECT lower(hex(token_hash)) AS tokenHash,
       arraySlice(arrayReverseSort(groupArray(n)), 1, 6) AS top, count() AS active
     FROM (
       SELECT token_hash, hour, sum(calls) AS n
       FROM ${db.database}.${TABLES.tokenValues}
       WHERE token_hash IN (SELECT unhex(arrayJoin({tokens:Array(String)}))) AND dimension = 'any'
         AND hour < toDateTime(({hour:UInt32} - 1) * 3600)
         AND hour >= toDateTime(({hour:UInt32} - ${String(MEMORY)}) * 3600)
       GROUP BY token_hash, hour
     )
     GROUP BY token_hash`,
    { hour, tokens: [...new Set(tokens)] },
  );
  return new Map(rows.map(({ tokenHash, top, active }) => [tokenHash, { top, active }]));
}
