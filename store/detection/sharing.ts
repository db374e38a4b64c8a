import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { activeHours } from './minutes.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwn, andOwnToken } from './shard.ts';

/** What one token came from within five minutes. */
export interface SharedUse {
  tokenHash: string;
  clientId: string;
  /** Networks (`AS64500`) and agents, and how many of each the token did not show before that day. */
  networks: string[];
  newNetworks: number;
  agents: string[];
  newAgents: number;
  /** ISO codes; a relay's country says nothing of who calls. */
  countries: string[];
  newCountries: number;
  /** Since when the token is known, epoch ms. */
  known: number;
  first: number;
  last: number;
  calls: number;
}

/** So many tokens are looked at by name. */
const MOST_NAMED = 5_000;

/** Tokens with more than one network, country or agent in a look: nearly all have one, and need no lists of them. */
async function readSeveral(db: Db, scope: Scope): Promise<string[]> {
  const differ = (column: string): string => `min(${column}) != max(${column})`;
  const rows = await db.query<{ tokenHash: string }>(
    `SELECT lower(hex(c.token_hash)) AS tokenHash FROM ${db.database}.${TABLES.calls} AS c
     WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} ${andOwnToken(scope)}
     GROUP BY c.token_hash
     HAVING ${['c.asn', 'cityHash64(c.user_agent)', 'cityHash64(c.country)'].map(differ).join(' OR ')}
     LIMIT ${String(MOST_NAMED + 1)}`,
    scopeParams(scope),
  );
  return rows.map((row) => row.tokenHash);
}

/**
 * Tokens that came from at least so many networks or countries, or with so many agents, within five minutes.
 */
export async function readSharedUse(db: Db, scope: Scope, least: number): Promise<SharedUse[]> {
  const seen = `${db.database}.${TABLES.tokenSeen}`;
  const several = least < 2 ? null : await readSeveral(db, scope);
  if (several?.length === 0) return [];
  const few = several !== null && several.length <= MOST_NAMED;
  const only = few ? 'AND c.token_hash IN (SELECT unhex(arrayJoin({several:Array(String)})))' : '';
  return db.query<SharedUse>(
    `WITH used AS (
       SELECT c.token_hash AS token_hash, toStartOfInterval(c.time, INTERVAL 5 MINUTE) AS begun,
         argMax(toString(c.client_id), c.time) AS client, groupUniqArrayIf(50)(c.asn, c.asn != 0) AS asns,
         groupUniqArrayIf(50)(toString(c.user_agent), c.user_agent != '') AS agents,
         arraySort(groupUniqArrayIf(50)(toString(c.country), c.country != '' AND c.network_kind != 'vpn')) AS countries,
         min(c.time) AS first, max(c.time) AS last, count() AS n
       FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} ${andOwnToken(scope)} ${only}
       GROUP BY c.token_hash, begun
       HAVING length(asns) >= {least:UInt32} OR length(agents) >= {least:UInt32}
         OR length(countries) >= {least:UInt32} LIMIT 2000
     )
     SELECT lower(hex(u.token_hash)) AS tokenHash, u.client AS clientId,
       arrayMap(x -> concat('AS', toString(x)), u.asns) AS networks, u.agents AS agents,
       length(arrayFilter(x -> NOT has(groupUniqArrayIf(s.value, s.dimension = 'asn'), toString(x)), u.asns)) AS newNetworks,
       length(arrayFilter(x -> NOT has(groupUniqArrayIf(s.value, s.dimension = 'user_agent'), x), u.agents)) AS newAgents,
       u.countries AS countries,
       length(arrayFilter(x -> NOT has(groupUniqArrayIf(s.value, s.dimension = 'country'), x), u.countries)) AS newCountries,
       toUnixTimestamp64Milli(if(count(s.value) = 0 OR min(s.since) = toDateTime64(0, 3), u.first, min(s.since))) AS known,
       toUnixTimestamp64Milli(u.first) AS first, toUnixTimestamp64Milli(u.last) AS last, u.n AS calls
     FROM used AS u LEFT JOIN (
       SELECT token_hash, toString(dimension) AS dimension, value, min(first_seen) AS since FROM ${seen}
       WHERE token_hash IN (SELECT token_hash FROM used) AND dimension IN ('any', 'asn', 'user_agent', 'country')
       GROUP BY token_hash, dimension, value
       HAVING since < fromUnixTimestamp64Milli({from:Int64} - 3600000)
     ) AS s ON s.token_hash = u.token_hash
     GROUP BY u.token_hash, u.client, u.asns, u.agents, u.countries, u.first, u.last, u.n`,
    { ...scopeParams(scope), least, ...(few ? { several } : {}) },
  );
}

/** A token that several clients used within a day. */
export interface ManyClients {
  tokenHash: string;
  /** The client with the latest call. */
  clientId: string;
  clients: string[];
  first: number;
  last: number;
  calls: number;
}

/** Tokens of a look that more than one client used since a day before. */
export async function readManyClients(db: Db, scope: Scope): Promise<ManyClients[]> {
  const day = `hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 86400000))
    AND hour < fromUnixTimestamp64Milli({to:Int64}) AND client_id != ''`;
  // Nearly all tokens have one client: names are compared by hashes first, and listed of the rest only.
  const some = await db.query<{ tokenHash: string }>(
    `SELECT lower(hex(token_hash)) AS tokenHash FROM ${activeHours(db, scope)} WHERE ${day} ${andOwn(scope, 'token_hash')}
     GROUP BY token_hash HAVING min(cityHash64(client_id)) != max(cityHash64(client_id))
       AND token_hash IN (SELECT c.token_hash FROM ${db.database}.${TABLES.calls} AS c
         WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} ${andOwnToken(scope)})
     LIMIT 10000`,
    scopeParams(scope),
  );
  if (some.length === 0) return [];
  return db.query<ManyClients>(
    `WITH many AS (
       SELECT token_hash, arraySort(groupUniqArray(20)(toString(client_id))) AS clients
       FROM ${activeHours(db, scope)}
       WHERE ${day} AND token_hash IN (SELECT unhex(arrayJoin({some:Array(String)})))
       GROUP BY token_hash HAVING length(clients) > 1
     )
     SELECT lower(hex(c.token_hash)) AS tokenHash, argMax(toString(c.client_id), c.time) AS clientId,
       any(m.clients) AS clients, toUnixTimestamp64Milli(min(c.time)) AS first,
       toUnixTimestamp64Milli(max(c.time)) AS last, count() AS calls
     FROM ${db.database}.${TABLES.calls} AS c INNER JOIN many AS m ON m.token_hash = c.token_hash
     WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} AND c.token_hash IN (SELECT token_hash FROM many)
     GROUP BY c.token_hash LIMIT 5000`,
    { ...scopeParams(scope), some: some.map((one) => one.tokenHash) },
  );
}
