import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

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
     WHERE token_hash IN (${NAMED_TOKENS})
       AND day <= toDate(fromUnixTimestamp64Milli({until:Int64}))
     GROUP BY token_hash HAVING sum(calls) = sum(denied) + sum(failed)`,
    { tokens, until },
  );
  return new Set(rows.map((row) => row.tokenHash));
}

/**
 * Those of some tokens with a call in a range that was forbidden (403) though nobody says that the token
 * itself was rejected: a good one that may not do what it tries (RFC 9110, 15.5.4).
 *
 * @param range epoch ms, [from, to)
 */
export async function readForbidden(
  db: Db,
  tokens: readonly string[],
  range: { from: number; to: number },
): Promise<Set<string>> {
  if (tokens.length === 0) return new Set();
  const rows = await db.query<{ tokenHash: string }>(
    `SELECT DISTINCT lower(hex(c.token_hash)) AS tokenHash FROM ${db.database}.${TABLES.calls} AS c
     WHERE c.token_hash IN (${NAMED_TOKENS})
       AND toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
       AND c.time >= fromUnixTimestamp64Milli({from:Int64}) AND c.time < fromUnixTimestamp64Milli({to:Int64})
       AND c.status = 403 AND c.auth_result != 'rejected'`,
    { tokens, ...range },
  );
  return new Set(rows.map((row) => row.tokenHash));
}
