import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** When some tokens called first, epoch ms, by token. */
export async function readFirstCalls(
  db: Db,
  tokens: readonly string[],
): Promise<Map<string, number>> {
  if (tokens.length === 0) return new Map();
  const rows = await db.query<{ tokenHash: string; first: number }>(
    `SELECT lower(hex(token_hash)) AS tokenHash, toUnixTimestamp64Milli(min(first_seen)) AS first
     FROM ${db.database}.${TABLES.tokenSeen}
     WHERE token_hash IN (${NAMED_TOKENS})
       AND dimension = 'any'
     GROUP BY token_hash`,
    { tokens },
  );
  return new Map(rows.map((row) => [row.tokenHash, row.first]));
}
