import type { Db, Params } from '../db.ts';
import { TABLES } from '../tables.ts';
import { scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwn, andOwnService, endpointKey } from './shard.ts';

const ANSWERED = `c.status BETWEEN 200 AND 299 AND c.method NOT IN ('OPTIONS', 'HEAD') AND c.route != ''`;

/** Answered calls that presented no token, or a rejected one, on routes that are not public. */
export const CONCERNS_ANONYMOUS = `${ANSWERED} AND NOT match(c.route, {publicRoutes:String})
  AND (c.auth_result IN ('none', 'rejected')
    OR (c.auth_result = 'unknown' AND c.token_hash = toFixedString('', 32)))`;

/** How an endpoint answers calls without a token. */
export interface AnonymousUse {
  service: string;
  environment: string;
  method: string;
  route: string;
  first: number;
  last: number;
  calls: number;
  /** Calls of which the service itself said that no valid token came. */
  explicit: number;
  /** Calls of the endpoint with a token in the last hours. */
  withToken: number;
  /** 1 where the configuration calls the route sensitive. */
  configured: number;
  /** Answered calls of the other routes under the same prefix in the last week, and those without a token. */
  neighbours: number;
  neighboursAnonymous: number;
  /** The same of the endpoint itself, in the hours before the look. */
  own: number;
  ownAnonymous: number;
}

/** `/v1/users/:id` and `/v1/users` have the prefix `/v1/users`. */
const PREFIX = (column: string): string =>
  `arrayStringConcat(arraySlice(splitByChar('/', toString(${column})), 1, 3), '/')`;

const OWN = (scope: Scope): string =>
  andOwn(scope, endpointKey('c.service', 'c.method', 'c.route'));

/** Endpoints that answered calls without a token in a look, and how they and their neighbours usually answer. */
export async function readAnonymousUse(
  db: Db,
  scope: Scope,
  policy: Params,
): Promise<AnonymousUse[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<AnonymousUse>(
    `WITH seen AS (
       SELECT toString(c.service) AS service, toString(c.environment) AS environment,
         toString(c.method) AS method, toString(c.route) AS route, ${PREFIX('c.route')} AS prefix,
         min(c.time) AS first, max(c.time) AS last, count() AS calls,
         countIf(c.auth_result IN ('none', 'rejected')) AS explicit
       FROM ${calls} AS c WHERE ${scopeSql(scope)} AND ${CONCERNS_ANONYMOUS} ${OWN(scope)}
       GROUP BY service, environment, method, route, prefix LIMIT 5000
     ),
     tokens AS (
       SELECT c.service AS service, c.method AS method, c.route AS route, count() AS n
       FROM ${calls} AS c
       WHERE toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 3600000))
         AND c.time < fromUnixTimestamp64Milli({to:Int64}) AND c.token_hash != toFixedString('', 32)
         AND c.service IN (SELECT service FROM seen) AND c.status < 400
       GROUP BY service, method, route
     ),
     hours AS (
       SELECT e.service AS service, e.method AS method, e.route AS route, ${PREFIX('e.route')} AS prefix,
         sum(e.calls) - sum(e.denied) - sum(e.failed) AS answered, sum(e.anonymous) AS anonymous,
         sumIf(e.calls - e.denied - e.failed, e.hour < toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))) AS before,
         sumIf(e.anonymous, e.hour < toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))) AS anonymousBefore
       FROM ${db.database}.${TABLES.endpointHour} AS e
       WHERE e.hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 604800000))
         AND e.hour <= fromUnixTimestamp64Milli({to:Int64}) AND e.service IN (SELECT service FROM seen)
       GROUP BY service, method, route, prefix
     )
     SELECT s.service AS service, s.environment AS environment, s.method AS method, s.route AS route,
       toUnixTimestamp64Milli(s.first) AS first, toUnixTimestamp64Milli(s.last) AS last,
       s.calls AS calls, s.explicit AS explicit,
       any(t.n) AS withToken,
       toUInt8(match(s.route, {sensitiveRoutes:String})) AS configured,
       sumIf(h.answered, NOT (h.method = s.method AND h.route = s.route)) AS neighbours,
       sumIf(h.anonymous, NOT (h.method = s.method AND h.route = s.route)) AS neighboursAnonymous,
       sumIf(h.before, h.method = s.method AND h.route = s.route) AS own,
       sumIf(h.anonymousBefore, h.method = s.method AND h.route = s.route) AS ownAnonymous
     FROM seen AS s
     LEFT JOIN tokens AS t ON t.service = s.service AND t.method = s.method AND t.route = s.route
     LEFT JOIN hours AS h ON h.service = s.service AND h.prefix = s.prefix
     GROUP BY s.service, s.environment, s.method, s.route, s.first, s.last, s.calls, s.explicit`,
    { ...scopeParams(scope), ...policy },
  );
}

/** An endpoint that answered in a look. */
export interface SeenEndpoint {
  service: string;
  method: string;
  route: string;
  first: number;
  last: number;
  calls: number;
  anonymous: number;
  tokens: number;
  /** Names of fields that its requests had. */
  fields: string[];
}

/** Endpoints of some services that answered 2xx in a look. */
export async function readSeenEndpoints(
  db: Db,
  scope: Scope,
  services: readonly string[],
): Promise<SeenEndpoint[]> {
  return db.query<SeenEndpoint>(
    `SELECT toString(c.service) AS service, toString(c.method) AS method, toString(c.route) AS route,
       toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
       count() AS calls, countIf(c.auth_result IN ('none', 'rejected')) AS anonymous,
       uniqIf(c.token_hash, c.token_hash != toFixedString('', 32)) AS tokens,
       groupUniqArrayArray(500)(c.request_fields) AS fields
     FROM ${db.database}.${TABLES.calls} AS c
     WHERE ${scopeSql(scope)} AND ${ANSWERED} AND c.route != '/{other}'
       AND c.service IN {services:Array(String)} ${OWN(scope)}
     GROUP BY service, method, route LIMIT 20000`,
    { ...scopeParams(scope), services },
  );
}

/** Calls whose path had no room among the routes of their service (collector/reading/route-cap.ts). */
export const CONCERNS_CAPPED = `c.route = '/{other}'`;

/** A service of which so many paths were asked for that they are no longer told apart. */
export interface CappedService {
  service: string;
  first: number;
  last: number;
  calls: number;
  notFound: number;
  addresses: number;
  tokens: number;
}

/** Services with capped routes in a look. */
export async function readCapped(db: Db, scope: Scope): Promise<CappedService[]> {
  return db.query<CappedService>(
    `SELECT toString(c.service) AS service, toUnixTimestamp64Milli(min(c.time)) AS first,
       toUnixTimestamp64Milli(max(c.time)) AS last, count() AS calls,
       countIf(c.status >= 400) AS notFound, uniq(c.ip_hash) AS addresses,
       uniqIf(c.token_hash, c.token_hash != toFixedString('', 32)) AS tokens
     FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} AND ${CONCERNS_CAPPED} ${andOwnService(scope)}
     GROUP BY service LIMIT 1000`,
    scopeParams(scope),
  );
}

/** An operation of an OpenAPI file, as it is kept for the console. */
export interface DocumentedRow {
  service: string;
  method: string;
  route: string;
  common: string;
  deprecated: boolean;
}

/** Writes what is documented; it replaces what was written before. @param at epoch ms */
export async function writeDocumented(
  db: Db,
  rows: readonly DocumentedRow[],
  at: number,
): Promise<void> {
  const version = Math.round(at);
  // Without any file there is one row that says so.
  const none = [{ service: '', method: '', route: '', common: '', deprecated: false }];
  const kept = rows.length === 0 ? none : rows;
  await db.insert(
    TABLES.documentedEndpoints,
    kept.map((row) => ({ ...row, version })),
  );
}
