import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnService, andOwnToken, ownSql } from './shard.ts';

/** Calls that were refused: for their credential, or because they were too many. */
export const CONCERNS_DENIED = 'c.status IN (401, 403, 429)';

const DENIED = 'c.status IN (401, 403)';
const TAKEN = `c.status BETWEEN 200 AND 299 AND ${WITH_TOKEN}`;

/** Ten minutes that begin every five: what happens within five lies in one of them, wherever the clock stands. */
const WINDOWS = `[toStartOfInterval(c.time, INTERVAL 10 MINUTE),
  toStartOfInterval(c.time - INTERVAL 5 MINUTE, INTERVAL 10 MINUTE) + INTERVAL 5 MINUTE]`;

/** Refused calls, and one that was let pass after them. */
export interface Breakthrough {
  /** Of the token that was let pass. */
  tokenHash: string;
  clientId: string;
  /** One token on one route, or one address with many credentials. */
  by: 'token' | 'address';
  denied: number;
  /** Distinct tokens that were refused. */
  tokens: number;
  first: number;
  /** The call that was let pass, epoch ms. */
  passedAt: number;
  routes: string[];
}

/**
 * Tokens that were let pass on a route after at least so many refusals there, and tokens let pass
 * from an address after so many refusals of others, within ten minutes. A token that was let pass half as
 * often while it was refused is no breakthrough: some of its calls are always refused. Of each the first of a
 * day (UTC).
 */
export async function readBreakthroughs(
  db: Db,
  scope: Scope,
  least: number,
): Promise<Breakthrough[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  const grouped = (by: 'token' | 'address', key: string, where: string): string =>
    `SELECT '${by}' AS by, arrayCount(x -> x.1 <= denials[{least:UInt32}], passes) AS between,
       arrayFirst(x -> x.1 > denials[{least:UInt32}], arraySort(passes)) AS passed,
       length(denials) AS denied, uniqExactIf(c.token_hash, ${DENIED} AND ${WITH_TOKEN}) AS tokens,
       countIf(${DENIED} AND NOT (${WITH_TOKEN})) AS nameless,
       arraySort(groupArrayIf(10000)(c.time, ${DENIED})) AS denials,
       groupArrayIf(1000)((c.time, c.token_hash, toString(c.client_id)), ${TAKEN}) AS passes,
       groupUniqArrayIf(5)(concat(c.method, ' ', c.route), ${DENIED}) AS routes
     FROM ${calls} AS c ARRAY JOIN ${WINDOWS} AS begun
     WHERE ${scopeSql(scope)} AND (${DENIED} OR ${TAKEN}) AND ${where}
     GROUP BY ${key}, begun
     HAVING denied >= {least:UInt32} AND passed.1 > denials[{least:UInt32}]
         ${by === 'token' ? 'AND between < {least:UInt32} / 2' : ''}`;
  const deniers = (column: string): string =>
    `c.${column} IN (SELECT c.${column} FROM ${calls} AS c WHERE ${scopeSql(scope)} AND ${DENIED}
       GROUP BY c.${column} HAVING count() >= {least:UInt32})`;
  return db.query<Breakthrough>(
    `SELECT lower(hex(passed.2)) AS tokenHash, passed.3 AS clientId, by, denied, tokens,
       toUnixTimestamp64Milli(denials[1]) AS first, toUnixTimestamp64Milli(passed.1) AS passedAt, routes
     FROM (
       ${grouped('token', 'c.token_hash, c.method, c.route', `${WITH_TOKEN} ${andOwnToken(scope)} AND ${deniers('token_hash')}`)}
       UNION ALL
       ${grouped('address', 'c.ip_hash', `c.ip_hash != toFixedString('', 16) AND ${deniers('ip_hash')}`)}
         AND (tokens >= {least:UInt32} / 2 OR nameless >= {least:UInt32})
     ) WHERE ${ownSql(scope, 'passed.2')}
     ORDER BY passedAt, denied DESC LIMIT 1 BY tokenHash, by, toDate(passed.1) LIMIT 1000`,
    { ...scopeParams(scope), least },
  );
}

/** Refused calls of a service within five minutes. */
export interface Storm {
  service: string;
  /** Answered 401 or 403, and 429. */
  denied: number;
  limited: number;
  calls: number;
  tokens: number;
  addresses: number;
  first: number;
  last: number;
  /** Refusals in five minutes on average over the day before. */
  usual: number;
}

/** Services that refused at least so many calls within five minutes, by their worst. */
export async function readStorms(db: Db, scope: Scope, least: number): Promise<Storm[]> {
  return db.query<Storm>(
    `WITH storms AS (
       SELECT toString(c.service) AS service, toStartOfInterval(c.time, INTERVAL 5 MINUTE) AS begun,
         countIf(${DENIED}) AS denied, countIf(c.status = 429) AS limited, count() AS n,
         uniqIf(c.token_hash, ${CONCERNS_DENIED} AND ${WITH_TOKEN}) AS tokens,
         uniqIf(c.ip_hash, ${CONCERNS_DENIED}) AS addresses, min(c.time) AS first, max(c.time) AS last
       FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} ${andOwnService(scope)}
       GROUP BY service, begun HAVING denied + limited >= {least:UInt32}
       ORDER BY denied + limited DESC LIMIT 1 BY service
     )
     SELECT s.service AS service, s.denied AS denied, s.limited AS limited, s.n AS calls,
       s.tokens AS tokens, s.addresses AS addresses, toUnixTimestamp64Milli(s.first) AS first,
       toUnixTimestamp64Milli(s.last) AS last, any(d.usual) AS usual
     FROM storms AS s LEFT JOIN (
       SELECT toString(service) AS service, (sum(denied) + sum(failed)) / 288 AS usual
       FROM ${db.database}.${TABLES.activityMinute}
       WHERE minute >= fromUnixTimestamp64Milli({from:Int64} - 86400000)
         AND minute < fromUnixTimestamp64Milli({from:Int64}) AND service IN (SELECT service FROM storms)
       GROUP BY service
     ) AS d ON d.service = s.service
     GROUP BY s.service, s.denied, s.limited, s.n, s.tokens, s.addresses, s.first, s.last`,
    { ...scopeParams(scope), least },
  );
}
