import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/**
 * Those of some tokens whose every call up to a moment was refused, limited or failed: made up, or never good.
 *
 * @param until epoch ms; its whole day counts
 */
export async function readNeverPassed(
  db: Db,
  tokens: readonly string[],
  until: number,
): Promise<Set<string>> {
  if (tokens.length === 0) return new Set();
  const rows = await db.query<{ tokenHash: string }>(
    `SELECT lower(hex(token_hash)) AS tokenHash FROM ${db.database}.${TABLES.tokenOutcomes}
     WHERE token_hash IN (SELECT unhex(arrayJoin({tokens:Array(String)})))
       AND day <= toDate(fromUnixTimestamp64Milli({until:Int64}))
     GROUP BY token_hash HAVING sum(calls) = sum(denied) + sum(failed)`,
    { tokens, until },
  );
  return new Set(rows.map((row) => row.tokenHash));
}
