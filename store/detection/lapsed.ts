import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { ACCEPTED, WITH_TOKEN, scopeParams, scopeSql, sinceADay } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken } from './shard.ts';

/** Clocks of issuer and service may differ by so much, s. */
const SKEW = 60;

/** Accepted calls after the expiry that the token itself states. */
export const CONCERNS_EXPIRED = `c.token_expires_at > 0
  AND c.time > c.token_expires_at + ${String(SKEW)} AND ${ACCEPTED}`;

/** Calls of tokens that, as registered, may have ended by the end of the look. */
export function concernsLapsed(db: Db): string {
  return `c.token_hash IN (SELECT token_hash FROM ${db.database}.${TABLES.tokenRegistry}
    WHERE revoked_at > fromUnixTimestamp64Milli(0)
      OR (expires_at > fromUnixTimestamp64Milli(0) AND expires_at < fromUnixTimestamp64Milli({to:Int64})))`;
}

/** Accepted calls of a token that should have been refused. */
export interface LapsedUse {
  tokenHash: string;
  clientId: string;
  /** When the token ended, epoch ms. */
  endedAt: number;
  /** Epoch ms of the first such call of the last day, and of the last. */
  first: number;
  last: number;
  calls: number;
  services: string[];
}

const USE = `toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
  count() AS calls, topK(3)(toString(c.service)) AS services`;

/** Tokens that were accepted after the expiry that they state, with all such calls of the last day. */
export async function readExpiredUse(db: Db, scope: Scope): Promise<LapsedUse[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<LapsedUse>(
    `SELECT lower(hex(c.token_hash)) AS tokenHash, argMin(c.client_id, c.time) AS clientId,
       toInt64(toUnixTimestamp(max(c.token_expires_at))) * 1000 AS endedAt, ${USE}
     FROM ${calls} AS c WHERE ${sinceADay(calls, scope, CONCERNS_EXPIRED)}
     GROUP BY c.token_hash ORDER BY first LIMIT 10000`,
    scopeParams(scope),
  );
}

/**
 * Tokens that were accepted after their issuer registered them as revoked, or after the expiry that it
 * registered, with all such calls of the last day. Revocations that alerting sent and watches itself
 * are left to it: it has raised its own finding.
 */
export async function readRegisteredLapses(
  db: Db,
  scope: Scope,
): Promise<(LapsedUse & { why: 'revoked' | 'expired' })[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query(
    `WITH latest AS (
       SELECT token_hash, argMax(revoked_at, version) AS revoked, argMax(expires_at, version) AS expires,
         if(revoked > fromUnixTimestamp64Milli(0)
           AND (expires = fromUnixTimestamp64Milli(0) OR revoked <= expires), 'revoked', 'expired') AS why,
         if(why = 'revoked', revoked, expires) AS ended
       FROM ${db.database}.${TABLES.tokenRegistry} GROUP BY token_hash
       HAVING ended > fromUnixTimestamp64Milli(0)
     )
     SELECT lower(hex(c.token_hash)) AS tokenHash, argMin(c.client_id, c.time) AS clientId,
       toUnixTimestamp64Milli(any(r.ended)) AS endedAt, any(r.why) AS why, ${USE}
     FROM ${calls} AS c INNER JOIN latest AS r ON r.token_hash = c.token_hash
     WHERE toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 86400000))
       ${scope.by === 'event' ? 'AND c.time < fromUnixTimestamp64Milli({to:Int64})' : ''}
       AND c.token_hash IN (SELECT c.token_hash FROM ${calls} AS c
         WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} AND ${concernsLapsed(db)} ${andOwnToken(scope)})
       AND ${ACCEPTED} AND c.time > r.ended + INTERVAL ${String(SKEW)} SECOND
       AND NOT (r.why = 'revoked' AND c.token_hash IN (
         SELECT f.token_hash FROM ${db.database}.${TABLES.findings} AS f
         WHERE f.detection = 'lifecycle.revoked-accepted'
           AND f.id NOT IN (SELECT finding_id FROM ${db.database}.${TABLES.raised}
             WHERE detection = 'lifecycle.revoked-accepted')))
     GROUP BY c.token_hash ORDER BY first LIMIT 10000`,
    scopeParams(scope),
  );
}
