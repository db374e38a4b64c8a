import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** An operation of an OpenAPI file, or a route that no file has, and how it is used. */
export interface InventoryRow {
  service: string;
  method: string;
  route: string;
  state: 'used' | 'never seen' | 'deprecated' | 'deprecated, in use' | 'undocumented';
  calls: number;
  /** Epoch ms; 0 when it was never seen. */
  lastSeen: number;
}

/** A route with every parameter as `{}`, in segments: as detector/inventory/routes.ts has it. */
const SEGMENTS = `arrayMap(x -> if(match(x, '^[:*<{\\\\[(]|[{<].*[}>]'), '{}', x),
  arrayFilter(x -> x != '', splitByChar('/', toString(e.route))))`;

/** A documented parameter also stands for a word. */
const SAME = `length(s.parts) = length(d.parts)
  AND arrayAll((a, b) -> a = '{}' OR a = b, d.parts, s.parts)`;

/** What is documented and what was seen since a moment (epoch ms), for services with OpenAPI files. */
export async function listInventory(
  db: Db,
  filter: { since: number; service?: string; state?: string },
  page: { limit: number; offset: number },
): Promise<InventoryRow[]> {
  const documented = `${db.database}.${TABLES.documentedEndpoints}`;
  return db.query<InventoryRow>(
    `WITH d AS (
       SELECT toString(service) AS service, toString(method) AS method, route, deprecated,
         arrayFilter(x -> x != '', splitByChar('/', common)) AS parts
       FROM ${documented} WHERE version = (SELECT max(version) FROM ${documented}) AND service != ''
     ),
     s AS (
       SELECT toString(e.service) AS service, toString(e.method) AS method, toString(e.route) AS route,
         ${SEGMENTS} AS parts, sum(e.calls) AS calls, max(e.last_seen) AS last,
         sum(e.calls - e.denied - e.failed) AS answered
       FROM ${db.database}.${TABLES.endpointHour} AS e
       WHERE e.hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}))
         AND e.service IN (SELECT service FROM d) GROUP BY service, method, route, parts
     ),
     known AS (
       SELECT d.service AS service, d.method AS method, d.route AS route, d.deprecated AS deprecated,
         sumIf(s.calls, ${SAME}) AS calls, maxIf(s.last, ${SAME}) AS last
       FROM d LEFT JOIN s ON s.service = d.service AND s.method = d.method
       GROUP BY d.service, d.method, d.route, d.deprecated
     ),
     strange AS (
       SELECT s.service AS service, s.method AS method, s.route AS route, s.calls AS calls, s.last AS last
       FROM s LEFT JOIN d ON d.service = s.service AND d.method = s.method
       WHERE s.answered > 0 GROUP BY s.service, s.method, s.route, s.calls, s.last
       HAVING countIf(d.route != '' AND ${SAME}) = 0
     )
     SELECT service, method, route, state, calls, if(calls = 0, 0, toUnixTimestamp64Milli(last)) AS lastSeen FROM (
       SELECT service, method, route, multiIf(deprecated AND calls > 0, 'deprecated, in use',
         deprecated, 'deprecated', calls > 0, 'used', 'never seen') AS state, calls, last FROM known
       UNION ALL
       SELECT service, method, route, 'undocumented' AS state, calls, last FROM strange
     )
     WHERE ({service:String} = '' OR service = {service:String})
       AND ({state:String} = '' OR state = {state:String})
     ORDER BY service, route, method LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { service: '', state: '', ...filter, ...page },
  );
}

/** What a token carries and does not use, and how many share it. */
export interface SprawlRow {
  tokenHash: string;
  clientId: string;
  granted: string[];
  /** Granted scopes that none of its calls exercised. */
  unused: string[];
  clients: number;
  networks: number;
  agents: number;
  /** Services that it was used with in the last week. */
  services: string[];
  /** Epoch ms. */
  firstSeen: number;
  lastSeen: number;
  calls: number;
}

const SEEN = (db: Db): string =>
  `SELECT token_hash, groupUniqArrayIf(value, dimension = 'scope') AS scopes,
     uniqExactIf(value, dimension = 'asn') AS networks,
     uniqExactIf(value, dimension = 'user_agent') AS agents
   FROM ${db.database}.${TABLES.tokenSeen} WHERE dimension IN ('scope', 'asn', 'user_agent') GROUP BY token_hash`;

/**
 * Tokens with scopes that were granted and never used, with several holders, or used with several
 * services within a day, the worst first.
 */
export async function listSprawl(
  db: Db,
  filter: { since: number; client?: string },
  page: { limit: number; offset: number },
): Promise<SprawlRow[]> {
  const who = filter.client === undefined ? '' : 'AND t.client_id = {client:String}';
  return db.query<SprawlRow>(
    `WITH seen AS (${SEEN(db)}),
     -- Of all tokens: a day, and names compared before they are listed.
     spread AS (
       SELECT token_hash FROM ${db.database}.${TABLES.calls} WHERE toStartOfHour(time) >= now() - INTERVAL 1 DAY
       GROUP BY token_hash HAVING min(cityHash64(service)) != max(cityHash64(service))
     ),
     holders AS (
       SELECT token_hash, uniqExact(client_id) AS clients FROM ${db.database}.${TABLES.clientValues}
       WHERE dimension = 'any' AND client_id != '' GROUP BY token_hash
     ),
     page AS (
       SELECT t.token_hash AS token_hash, t.client_id AS client, arraySort(t.granted_scopes) AS granted,
         arrayFilter(x -> NOT has(s.scopes, x), granted) AS unused, h.clients AS clients,
         s.networks AS networks, s.agents AS agents, t.first_seen AS first, t.last_seen AS last, t.calls AS calls
       FROM ${db.database}.${TABLES.tokens} AS t LEFT JOIN seen AS s ON s.token_hash = t.token_hash
       LEFT JOIN holders AS h ON h.token_hash = t.token_hash
       WHERE t.last_seen >= fromUnixTimestamp64Milli({since:Int64}) ${who}
         -- A token that never says which scope it exercises tells nothing of the others.
         AND ((notEmpty(s.scopes) AND notEmpty(unused)) OR clients > 1 OR networks > 2 OR agents > 2
           OR t.token_hash IN (SELECT token_hash FROM spread))
       ORDER BY length(unused) DESC, clients DESC, networks + agents DESC, token_hash
       LIMIT {limit:UInt32} OFFSET {offset:UInt32}
     )
     SELECT lower(hex(p.token_hash)) AS tokenHash, p.client AS clientId, p.granted AS granted,
       p.unused AS unused, p.clients AS clients, p.networks AS networks, p.agents AS agents,
       any(c.services) AS services, toUnixTimestamp64Milli(p.first) AS firstSeen,
       toUnixTimestamp64Milli(p.last) AS lastSeen, p.calls AS calls
     FROM page AS p LEFT JOIN (
       SELECT token_hash, arraySort(groupUniqArray(20)(toString(service))) AS services
       FROM ${db.database}.${TABLES.calls}
       WHERE toStartOfHour(time) >= now() - INTERVAL 7 DAY AND token_hash IN (SELECT token_hash FROM page)
       GROUP BY token_hash
     ) AS c ON c.token_hash = p.token_hash
     GROUP BY p.token_hash, p.client, p.granted, p.unused, p.clients, p.networks, p.agents, p.first, p.last, p.calls
     ORDER BY length(p.unused) DESC, p.clients DESC, p.networks + p.agents DESC, p.token_hash`,
    { ...filter, ...page },
  );
}

/** A scope that tokens of a client carry, and how many of them never used it. */
export interface ClientSprawlRow {
  clientId: string;
  scope: string;
  /** Its tokens that carry the scope, and say which scopes they exercise; and those of them that never did. */
  tokens: number;
  unused: number;
}

/** Scopes that were granted to tokens of a client and never used, the most tokens first. */
export async function listClientSprawl(
  db: Db,
  filter: { since: number; client?: string },
  page: { limit: number; offset: number },
): Promise<ClientSprawlRow[]> {
  const who = filter.client === undefined ? '' : 'AND t.client_id = {client:String}';
  return db.query<ClientSprawlRow>(
    `SELECT client AS clientId, scope, count() AS tokens, countIf(NOT has(used, scope)) AS unused FROM (
       SELECT t.client_id AS client, arrayJoin(arrayDistinct(t.granted_scopes)) AS scope, s.scopes AS used
       FROM ${db.database}.${TABLES.tokens} AS t INNER JOIN (${SEEN(db)}) AS s ON s.token_hash = t.token_hash
       WHERE t.last_seen >= fromUnixTimestamp64Milli({since:Int64}) AND notEmpty(s.scopes) ${who}
     )
     GROUP BY client, scope HAVING unused > 0
     ORDER BY unused DESC, client, scope LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...filter, ...page },
  );
}
