import type { Db, Params } from '../db.ts';
import type { Shard } from '../../config/shard.ts';
import { TABLES } from '../tables.ts';
import { andOwn, shardParams } from './shard.ts';

/** How old a token is and how long it lasts: what it states, or what its issuer registered. Epoch ms, 0: not known. */
export interface TokenAge {
  tokenHash: string;
  clientId: string;
  issuedAt: number;
  expiresAt: number;
  /** Since when it is known: its first call or its registration. */
  since: number;
  /** Its last call. */
  last: number;
}

/** Which tokens are asked for: `at` is a moment, the others are durations; all ms. */
export interface AgeQuery {
  at: number;
  /** The earliest moment that matters: live the past day, in a backtest the beginning of the range. */
  from: number;
  expiryNotice: number;
  maxLifetime: number;
  rotateWithin: number;
  /** Live: tokens that were told of already are left out. */
  isLive: boolean;
  /** Whose tokens; all where absent. */
  shard?: Shard | undefined;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Of the three questions, which tokens a condition on the inventory's (or registry's) rows finds. */
function candidates(db: Db, query: AgeQuery): string {
  const untold = (detection: string): string =>
    query.isLive
      ? `AND token_hash NOT IN (SELECT entity_key FROM ${db.database}.${TABLES.raised} WHERE detection = '${detection}')`
      : '';
  const questions = [
    `(expires_at > toDateTime({from:UInt32}) AND expires_at <= toDateTime({soon:UInt32}))`,
    `({maxLifetime:UInt32} > 0 AND issued_at > toDateTime(0)
      AND expires_at > issued_at + {maxLifetime:UInt32} ${untold('lifecycle.lifetime-over-policy')})`,
    `({rotateWithin:UInt32} > 0 AND if(issued_at > toDateTime(0), issued_at, seen_from) < toDateTime({overdue:UInt32})
      AND seen_to > toDateTime({lately:UInt32}) ${untold('lifecycle.rotation-overdue')})`,
  ];
  const where = `(${questions.join(' OR ')}) ${andOwn(query, 'token_hash')}`;
  return `SELECT token_hash FROM (SELECT token_hash, issued_at, expires_at,
      toDateTime(first_seen) AS seen_from, toDateTime(last_seen) AS seen_to
    FROM ${db.database}.${TABLES.tokenInventory}) WHERE ${where}
    UNION ALL
    SELECT token_hash FROM (SELECT token_hash, toDateTime(issued_at) AS issued_at, toDateTime(expires_at) AS expires_at,
      toDateTime(0) AS seen_to, toDateTime(intDiv(version, 1000)) AS seen_from
    FROM ${db.database}.${TABLES.tokenRegistry}) WHERE ${where}`;
}

/** So many tokens are asked about by name. */
const MOST_NAMED = 5_000;

/**
 * Tokens that expire soon, last too long or are overdue for rotation, a superset of them; revoked
 * ones are left out. What was registered goes before what the token states.
 */
export async function readAges(db: Db, query: AgeQuery): Promise<TokenAge[]> {
  const params = {
    from: seconds(query.from),
    lately: Math.max(0, seconds(query.from) - 86_400),
    soon: seconds(query.at + query.expiryNotice),
    overdue: Math.max(0, seconds(query.at - query.rotateWithin)),
    maxLifetime: seconds(query.maxLifetime),
    rotateWithin: seconds(query.rotateWithin),
    ...shardParams(query),
  };
  // Mostly there is none: all tokens are gone through once, and not for each table that says more.
  const found = await db.query<{ tokenHash: string }>(
    `SELECT DISTINCT lower(hex(token_hash)) AS tokenHash FROM (${candidates(db, query)})
     LIMIT ${String(MOST_NAMED + 1)}`,
    params,
  );
  if (found.length === 0) return [];
  const tokens = found.map((one) => one.tokenHash);
  return tokens.length > MOST_NAMED
    ? readAgesOf(db, candidates(db, query), params)
    : readAgesOf(db, 'SELECT unhex(arrayJoin({tokens:Array(String)})) AS token_hash', { tokens });
}

/** What is known of the ages of some tokens. */
async function readAgesOf(db: Db, tokens: string, params: Params): Promise<TokenAge[]> {
  return db.query<TokenAge>(
    `WITH some AS (${tokens})
     SELECT lower(hex(token_hash)) AS tokenHash,
       if(argMax(client, rank) != '', argMax(client, rank), argMin(client, rank)) AS clientId,
       if(argMax(issued, rank) > 0, argMax(issued, rank), argMin(issued, rank)) AS issuedAt,
       if(argMax(expires, rank) > 0, argMax(expires, rank), argMin(expires, rank)) AS expiresAt,
       min(known) AS since, max(seen) AS last
     FROM (
       SELECT token_hash, 0 AS rank, argMaxMerge(i.client_id) AS client,
         toInt64(toUnixTimestamp(max(i.issued_at))) * 1000 AS issued,
         toInt64(toUnixTimestamp(max(i.expires_at))) * 1000 AS expires,
         toUnixTimestamp64Milli(min(i.first_seen)) AS known,
         toUnixTimestamp64Milli(max(i.last_seen)) AS seen, toInt64(0) AS revoked
       FROM ${db.database}.${TABLES.tokenInventory} AS i
       WHERE token_hash IN (SELECT token_hash FROM some) GROUP BY token_hash
       UNION ALL
       SELECT token_hash, 1 AS rank, argMax(r.client_id, r.version) AS client,
         toUnixTimestamp64Milli(argMax(r.issued_at, r.version)) AS issued,
         toUnixTimestamp64Milli(argMax(r.expires_at, r.version)) AS expires,
         toInt64(min(r.version)) AS known, toInt64(0) AS seen,
         toUnixTimestamp64Milli(argMax(r.revoked_at, r.version)) AS revoked
       FROM ${db.database}.${TABLES.tokenRegistry} AS r
       WHERE token_hash IN (SELECT token_hash FROM some) GROUP BY token_hash
     ) GROUP BY token_hash HAVING max(revoked) = 0 LIMIT 50000`,
    params,
  );
}

/** A token of a client that lately got a new one. */
export interface Sibling extends TokenAge {
  tokenId: string;
  environment: string;
  /** Granted scopes, sorted. */
  granted: string[];
}

/**
 * The tokens of all clients of which one was first seen in a range (epoch ms), where they say when
 * they were issued.
 */
export async function readSiblings(
  db: Db,
  range: { from: number; to: number },
): Promise<Sibling[]> {
  return db.query<Sibling>(
    `WITH young AS (
       SELECT token_hash, argMaxMerge(i.client_id) AS client FROM ${db.database}.${TABLES.tokenInventory} AS i
       WHERE token_hash IN (SELECT token_hash FROM ${db.database}.${TABLES.tokenInventory}
         WHERE issued_at > toDateTime(0) AND first_seen >= fromUnixTimestamp64Milli({from:Int64})
           AND first_seen < fromUnixTimestamp64Milli({to:Int64}))
       GROUP BY token_hash HAVING client != '' LIMIT 1000
     )
     SELECT lower(hex(token_hash)) AS tokenHash, argMaxMerge(i.client_id) AS clientId,
       argMaxMerge(i.token_id) AS tokenId, argMaxMerge(i.token_environment) AS environment,
       arraySort(argMaxMerge(i.granted_scopes)) AS granted,
       toInt64(toUnixTimestamp(max(i.issued_at))) * 1000 AS issuedAt,
       toInt64(toUnixTimestamp(max(i.expires_at))) * 1000 AS expiresAt,
       toUnixTimestamp64Milli(min(i.first_seen)) AS since,
       toUnixTimestamp64Milli(max(i.last_seen)) AS last
     FROM ${db.database}.${TABLES.tokenInventory} AS i
     WHERE token_hash IN (SELECT token_hash FROM ${db.database}.${TABLES.clientValues}
       WHERE client_id IN (SELECT client FROM young) AND dimension = 'any')
     GROUP BY token_hash HAVING issuedAt > 0 LIMIT 20000`,
    range,
  );
}
