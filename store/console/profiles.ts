import { createHash } from 'node:crypto';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import type { Whose } from './activity.ts';

const HOUR = 3_600_000;

/** What is known of a token from its calls; times in epoch ms, 0 where not known. */
export interface TokenFacts {
  tokenHash: string;
  clientId: string;
  tokenId: string;
  tokenEnvironment: string;
  grantedScopes: string[];
  issuedAt: number;
  expiresAt: number;
  calls: number;
  firstSeen: number;
  lastSeen: number;
}

const FACTS = `lower(hex(token_hash)) AS tokenHash, client_id AS clientId, token_id AS tokenId,
  token_environment AS tokenEnvironment, granted_scopes AS grantedScopes,
  toUnixTimestamp(issued_at) * 1000 AS issuedAt, toUnixTimestamp(expires_at) * 1000 AS expiresAt,
  calls, toUnixTimestamp64Milli(first_seen) AS firstSeen, toUnixTimestamp64Milli(last_seen) AS lastSeen`;

/** One token, or null when no call of it is known. */
export async function readTokenFacts(db: Db, tokenHash: string): Promise<TokenFacts | null> {
  const [row] = await db.query<TokenFacts>(
    `SELECT ${FACTS} FROM ${db.database}.${TABLES.tokens} WHERE token_hash = unhex({tokenHash:String})`,
    { tokenHash },
  );
  return row ?? null;
}

/** Tokens seen last first: those of a client, or whose client or hash begins with some letters. */
export async function listTokens(
  db: Db,
  filter: { clientId?: string; q?: string },
  page: { limit: number; offset: number },
): Promise<TokenFacts[]> {
  const conditions = [
    '1',
    ...(filter.clientId === undefined ? [] : ['clientId = {clientId:String}']),
    ...(filter.q === undefined
      ? []
      : [
          `(positionCaseInsensitiveUTF8(clientId, {q:String}) > 0
            OR startsWith(tokenHash, lowerUTF8({q:String})) OR tokenId = {q:String})`,
        ]),
  ];
  return db.query<TokenFacts>(
    `SELECT * FROM (SELECT ${FACTS} FROM ${db.database}.${TABLES.tokens})
     WHERE ${conditions.join(' AND ')}
     ORDER BY lastSeen DESC, tokenHash LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...filter, ...page },
  );
}

/** One value that was seen: a scope, a route, a country, ... */
export interface SeenValue {
  dimension: string;
  value: string;
  calls: number;
  /** Tokens with it; 1 for a token. */
  tokens: number;
  /** Epoch ms. */
  firstSeen: number;
  lastSeen: number;
}

/** What a token or client was seen with, busiest first, at most 50 values a dimension. */
export async function readSeenValues(db: Db, whose: Whose): Promise<SeenValue[]> {
  const [table, condition] =
    'tokenHash' in whose
      ? [TABLES.tokenSeen, 'token_hash = unhex({tokenHash:String})']
      : [TABLES.clientValues, 'client_id = {clientId:String}'];
  return db.query<SeenValue>(
    `SELECT toString(v.dimension) AS dimension, v.value AS value, sum(v.calls) AS calls,
       uniqExact(v.token_hash) AS tokens, toUnixTimestamp64Milli(min(v.first_seen)) AS firstSeen,
       toUnixTimestamp64Milli(max(v.last_seen)) AS lastSeen
     FROM ${db.database}.${table} AS v WHERE ${condition} AND v.dimension != 'any'
     GROUP BY dimension, value ORDER BY calls DESC, value LIMIT 50 BY dimension`,
    whose,
  );
}

/** Calls of an hour beside what was expected of it. */
export interface VolumeHour {
  /** Epoch ms. */
  at: number;
  calls: number;
  denied: number;
  /** 1st and 99th percentile as the detector expected them; null where it had none. */
  low: number | null;
  high: number | null;
}

interface ExpectedRow {
  at: number;
  low: number;
  high: number;
}

/** Calls by hour over the `hours` hours up to and with the one of `now` (epoch ms), oldest first. */
export async function readVolume(
  db: Db,
  whose: Whose,
  { now, hours }: { now: number; hours: number },
): Promise<VolumeHour[]> {
  const to = Math.floor(now / HOUR) * HOUR;
  const from = to - (hours - 1) * HOUR;
  const isToken = 'tokenHash' in whose;
  const key = isToken
    ? whose.tokenHash
    : createHash('sha256').update(whose.clientId, 'utf8').digest('hex');
  const params = { ...whose, from: from / 1000, to: to / 1000, key };
  const span = `hour >= toDateTime({from:UInt32}) AND hour <= toDateTime({to:UInt32})`;
  const [seen, expected] = await Promise.all([
    db.query<{ at: number; n: number; refused: number }>(
      `SELECT toUnixTimestamp(hour) * 1000 AS at, sum(calls) AS n, sum(denied) AS refused
       FROM ${db.database}.${TABLES.tokenHour}
       WHERE ${span} AND ${isToken ? 'token_hash = unhex({tokenHash:String})' : 'client_id = {clientId:String}'}
       GROUP BY at`,
      params,
    ),
    db.query<ExpectedRow>(
      `SELECT toUnixTimestamp(hour) * 1000 AS at, argMax(low, written_at) AS low,
         argMax(high, written_at) AS high
       FROM ${db.database}.${TABLES.volumeProfile}
       WHERE ${span} AND entity = '${isToken ? 'token' : 'client'}' AND entity_key = unhex({key:String})
       GROUP BY at`,
      params,
    ),
  ]);
  const calls = new Map(seen.map((row) => [row.at, row]));
  const bands = new Map(expected.map((row) => [row.at, row]));
  return Array.from({ length: hours }, (_, n) => {
    const at = from + n * HOUR;
    return {
      at,
      calls: calls.get(at)?.n ?? 0,
      denied: calls.get(at)?.refused ?? 0,
      low: bands.get(at)?.low ?? null,
      high: bands.get(at)?.high ?? null,
    };
  });
}

/** A client as lists show it. */
export interface ClientSummary {
  clientId: string;
  tokens: number;
  calls: number;
  firstSeen: number;
  lastSeen: number;
}

/** Clients seen last first, by a part of their name or by all of it. */
export async function listClients(
  db: Db,
  filter: { clientId?: string; q?: string },
  page: { limit: number; offset: number },
): Promise<ClientSummary[]> {
  const conditions = [
    "client_id != ''",
    ...(filter.clientId === undefined ? [] : ['client_id = {clientId:String}']),
    ...(filter.q === undefined ? [] : ['positionCaseInsensitiveUTF8(client_id, {q:String}) > 0']),
  ];
  return db.query<ClientSummary>(
    `SELECT t.client_id AS clientId, count() AS tokens, sum(t.calls) AS calls,
       toUnixTimestamp64Milli(min(t.first_seen)) AS firstSeen,
       toUnixTimestamp64Milli(max(t.last_seen)) AS lastSeen
     FROM ${db.database}.${TABLES.tokens} AS t WHERE ${conditions.join(' AND ')}
     GROUP BY t.client_id ORDER BY lastSeen DESC, clientId
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...filter, ...page },
  );
}
