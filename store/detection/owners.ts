import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { CONCERNS_OBJECT } from './objects.ts';
import { WITH_TOKEN, scopeParams, scopeSql, sinceADay } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwn, ownSql } from './shard.ts';

const NONE = "toFixedString('', 16)";
const SERVED = 'c.status BETWEEN 200 AND 299';

/** Objects that were served to a client for the first time, after another client alone had had them. */
export interface StrayObject {
  tokenHash: string;
  clientId: string;
  objectType: string;
  /** The client that alone had it before. */
  usualClient: string;
  /** Objects of this kind that this token got. */
  objects: number;
  /** Calls of the usual client on the first of them, before. */
  usualCalls: number;
  first: number;
  last: number;
  calls: number;
  routes: string[];
  /** Of the objects of this type, how many are known, and how many more than one client was served. */
  known: number;
  shared: number;
}

/** Objects that left their client in a look. */
export async function readStrayObjects(db: Db, scope: Scope): Promise<StrayObject[]> {
  const table = `${db.database}.${TABLES.objectClients}`;
  return db.query<StrayObject>(
    `WITH fresh AS (
       SELECT c.object_hash AS object_hash, toString(c.client_id) AS client, c.token_hash AS token_hash,
         toString(c.object_type) AS type, any(c.subject_hash) AS subject, min(c.time) AS first,
         max(c.time) AS last, count() AS calls, any(concat(c.method, ' ', c.route)) AS route
       FROM ${db.database}.${TABLES.calls} AS c
       WHERE ${scopeSql(scope)} AND ${CONCERNS_OBJECT} AND ${SERVED} AND c.client_id != ''
         AND NOT (c.object_owner_hash != ${NONE} AND c.object_owner_hash = c.subject_hash)
       GROUP BY c.object_hash, c.client_id, c.token_hash, c.object_type
     ),
     pairs AS (
       SELECT object_hash, toString(client_id) AS client, min(first_seen) AS since, sum(o.calls) AS n,
         anyLast(subject_hash) AS subject
       FROM ${table} AS o
       WHERE object_hash IN (SELECT object_hash FROM fresh WHERE ${ownSql(scope, 'token_hash')})
       GROUP BY object_hash, client_id
     ),
     kinds AS (
       SELECT type, count() AS known, groupArrayIf(clients, length(clients) > 1) AS common FROM (
         SELECT object_hash, toString(object_type) AS type, groupUniqArray(10)(toString(client_id)) AS clients FROM (
           SELECT object_hash, object_type, client_id FROM ${table} ORDER BY object_hash LIMIT 50000
         ) WHERE object_hash NOT IN (SELECT object_hash FROM fresh) GROUP BY object_hash, type
       ) GROUP BY type
     ),
     strays AS (
       SELECT f.token_hash AS token_hash, f.client AS client, f.type AS type, f.object_hash AS object_hash,
         f.first AS first, f.last AS last, f.calls AS calls, f.route AS route,
         groupArray(p.client) AS clients, sum(p.n) AS n, minIf(p.since, p.client = f.client) AS own
       FROM fresh AS f INNER JOIN pairs AS p ON p.object_hash = f.object_hash
       WHERE (p.client = f.client OR (p.since < f.first - INTERVAL 10 MINUTE
         AND NOT (p.subject != ${NONE} AND p.subject = f.subject))) ${andOwn(scope, 'f.token_hash')}
       GROUP BY f.token_hash, f.client, f.type, f.object_hash, f.first, f.last, f.calls, f.route
       -- Exactly one other had it, and this client never before the look.
       HAVING length(clients) = 2 AND own >= f.first
     )
     SELECT lower(hex(s.token_hash)) AS tokenHash, s.client AS clientId, s.type AS objectType,
       arrayFilter(x -> x != s.client, any(s.clients))[1] AS usualClient, count() AS objects,
       toInt64(max(s.n)) - 1 AS usualCalls, toUnixTimestamp64Milli(min(s.first)) AS first,
       toUnixTimestamp64Milli(max(s.last)) AS last, sum(s.calls) AS calls,
       groupUniqArray(5)(s.route) AS routes, any(k.known) AS known,
       -- What this client itself took before does not make a kind one that is shared.
       arrayCount(c -> length(arrayFilter(x -> x != s.client, c)) > 1, any(k.common)) AS shared
     FROM strays AS s LEFT JOIN kinds AS k ON k.type = s.type
     GROUP BY s.token_hash, s.client, s.type LIMIT 1000`,
    scopeParams(scope),
  );
}

/** Objects served to somebody who is not their owner, as the service itself says. */
export const CONCERNS_FOREIGN_OWNER = `c.object_owner_hash != ${NONE} AND c.subject_hash != ${NONE}
  AND c.object_owner_hash != c.subject_hash AND ${SERVED} AND ${WITH_TOKEN}`;

/** A token that was served objects of other owners. */
export interface ForeignObjects {
  tokenHash: string;
  clientId: string;
  first: number;
  last: number;
  calls: number;
  objects: number;
  owners: number;
  routes: string[];
  /** Of the client's calls in the hours before, those with an owner, and those with another owner. */
  clientCalls: number;
  clientForeign: number;
}

/** Tokens that were served objects of other owners, with all such calls of the last day. */
export async function readForeignObjects(db: Db, scope: Scope): Promise<ForeignObjects[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<ForeignObjects>(
    `WITH foreign AS (
       SELECT c.token_hash AS token_hash, argMin(toString(c.client_id), c.time) AS client, min(c.time) AS first,
         max(c.time) AS last, count() AS n, uniqExact(c.object_hash) AS objects,
         uniqExact(c.object_owner_hash) AS owners, groupUniqArray(5)(concat(c.method, ' ', c.route)) AS routes
       FROM ${calls} AS c WHERE ${sinceADay(calls, scope, CONCERNS_FOREIGN_OWNER)}
       GROUP BY c.token_hash LIMIT 5000
     ),
     usual AS (
       SELECT toString(c.client_id) AS client, count() AS n, countIf(c.object_owner_hash != c.subject_hash) AS other
       FROM ${calls} AS c
       WHERE toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 604800000))
         AND c.time < fromUnixTimestamp64Milli({from:Int64}) AND c.object_owner_hash != ${NONE}
         AND c.subject_hash != ${NONE} AND c.client_id IN (SELECT client FROM foreign)
       GROUP BY c.client_id
     )
     SELECT lower(hex(f.token_hash)) AS tokenHash, f.client AS clientId,
       toUnixTimestamp64Milli(f.first) AS first, toUnixTimestamp64Milli(f.last) AS last, f.n AS calls,
       f.objects AS objects, f.owners AS owners, f.routes AS routes,
       u.n AS clientCalls, u.other AS clientForeign
     FROM foreign AS f LEFT JOIN usual AS u ON u.client = f.client`,
    scopeParams(scope),
  );
}
