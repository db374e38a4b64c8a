import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { activeHours } from './minutes.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwn, andOwnToken } from './shard.ts';

const HOUR_MS = 3_600_000;
/** So many tokens are asked about by name. */
const MOST_LATE = 5_000;

/** A token that is used again after a long time. */
export interface Awakening {
  tokenHash: string;
  clientId: string;
  /** The end of its last active hour before, epoch ms. */
  asleepSince: number;
  /** Its first call now, epoch ms. */
  time: number;
  calls: number;
}

/** Who was active in the whole hours that lie before the look's, as many as said. */
function activeSql(db: Db, scope: Scope, hours: number): string {
  return `SELECT token_hash FROM ${activeHours(db, scope)}
    WHERE hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - ${String(hours * HOUR_MS)}))
      AND hour < toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
      ${andOwn(scope, 'token_hash')}`;
}

/**
 * Tokens with a call in the look that had none for so long before it.
 *
 * @param dormantAfter ms, at least a day
 */
export async function readAwakenings(
  db: Db,
  scope: Scope,
  dormantAfter: number,
): Promise<Awakening[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  const young = `${scopeSql(scope)} AND ${WITH_TOKEN} ${andOwnToken(scope)}`;
  // Whoever was active in the day before is awake; only the rest is looked up. Most were active just
  // before: little is read of the rest of the day, and mostly nothing.
  const late = await db.query<{ tokenHash: string }>(
    `SELECT DISTINCT lower(hex(c.token_hash)) AS tokenHash FROM ${calls} AS c
     WHERE ${young} AND c.token_hash NOT IN (${activeSql(db, scope, 2)}) LIMIT ${String(MOST_LATE + 1)}`,
    scopeParams(scope),
  );
  if (late.length === 0) return [];
  const few = late.length <= MOST_LATE;
  const only = few ? 'AND token_hash IN (SELECT unhex(arrayJoin({late:Array(String)})))' : '';
  return db.query<Awakening>(
    `WITH fresh AS (
       SELECT c.token_hash AS token_hash, argMin(c.client_id, c.time) AS client, min(c.time) AS first, count() AS n
       FROM ${calls} AS c WHERE ${young} ${only}
         AND c.token_hash NOT IN (${activeSql(db, scope, 24)} ${only})
       GROUP BY c.token_hash
     )
     SELECT lower(hex(f.token_hash)) AS tokenHash, f.client AS clientId,
       toUnixTimestamp64Milli(f.first) AS time, f.n AS calls,
       toInt64(toUnixTimestamp(maxIf(v.hour, v.hour < toStartOfHour(f.first)))) * 1000 + 3600000 AS asleepSince
     FROM ${db.database}.${TABLES.tokenValues} AS v INNER JOIN fresh AS f ON f.token_hash = v.token_hash
     WHERE v.token_hash IN (SELECT token_hash FROM fresh) AND v.dimension = 'any' AND v.value = '*'
     GROUP BY f.token_hash, f.client, f.first, f.n
     HAVING asleepSince > 3600000 AND time - asleepSince >= {dormantAfter:Int64}
     LIMIT 10000`,
    {
      ...{ ...scopeParams(scope), dormantAfter },
      ...(few ? { late: late.map((one) => one.tokenHash) } : {}),
    },
  );
}
