import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { scopeParams, sinceADay } from './scope.ts';
import type { Scope } from './scope.ts';

/** A token seen in an environment that is not the one it was minted for. */
export interface Mismatch {
  tokenHash: string;
  clientId: string;
  minted: string;
  environment: string;
  /** Epoch ms of the first such call of the last day, and of the last. */
  time: number;
  last: number;
  calls: number;
  /** What those calls recorded, by currency. */
  amounts: Record<string, number>;
}

/**
 * Tokens whose own environment and that of a service have different names, with all such calls since
 * a day before the look, by their first.
 */
export async function readMismatches(db: Db, scope: Scope): Promise<Mismatch[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<Mismatch>(
    `SELECT lower(hex(token_hash)) AS tokenHash, argMin(client_id, c.time) AS clientId,
       token_environment AS minted, environment, toUnixTimestamp64Milli(min(c.time)) AS time,
       toUnixTimestamp64Milli(max(c.time)) AS last, count() AS calls,
       sumMapIf(map(toString(currency), assumeNotNull(amount)), amount IS NOT NULL) AS amounts
     FROM ${calls} AS c WHERE ${sinceADay(calls, scope, CONCERNS_MISMATCH)}
     GROUP BY token_hash, token_environment, environment ORDER BY time LIMIT 100000`,
    scopeParams(scope),
  );
}

/** Which calls {@link readMismatches} is about. */
export const CONCERNS_MISMATCH = `c.token_environment != '' AND c.environment != ''
  AND lower(c.token_environment) != lower(c.environment)`;
