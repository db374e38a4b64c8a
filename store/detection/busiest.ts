import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { sourcesParams, sourcesSql } from './ancestry.ts';
import type { Ancestry } from './ancestry.ts';

/** How far back an hour's calls are a record, hours. */
const MEMORY = 28 * 24;

/**
 * Calls in the six busiest clock hours of tokens and of those that they follow, and how many hours had
 * calls, in the four weeks that end an hour before `hour` (since the epoch).
 */
export async function readBusiestHours(
  db: Db,
  hour: number,
  tokens: readonly string[],
  ancestry?: Ancestry,
): Promise<Map<string, { top: number[]; active: number }>> {
  const rows = await db.query<{ tokenHash: string; top: number[]; active: number }>(
    `WITH sources AS (${sourcesSql(db, 'toDateTime({hour:UInt32} * 3600)', ancestry)})
     SELECT lower(hex(token)) AS tokenHash,
       arraySlice(arrayReverseSort(groupArray(n)), 1, 6) AS top, count() AS active
     FROM (
       SELECT s.token AS token, v.hour AS hour, sum(v.calls) AS n
       FROM (
         SELECT token_hash, hour, calls FROM ${db.database}.${TABLES.tokenValues}
         WHERE token_hash IN (SELECT source FROM sources) AND dimension = 'any'
           AND hour < toDateTime(({hour:UInt32} - 1) * 3600)
           AND hour >= toDateTime(({hour:UInt32} - ${String(MEMORY)}) * 3600)
       ) AS v JOIN sources AS s ON s.source = v.token_hash
       GROUP BY token, hour
     )
     GROUP BY token`,
    { hour, ...sourcesParams(tokens, ancestry) },
  );
  return new Map(rows.map(({ tokenHash, top, active }) => [tokenHash, { top, active }]));
}
