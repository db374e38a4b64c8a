import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** A token as a possible end or beginning of a succession. */
export interface Generation {
  tokenHash: string;
  clientId: string;
  tokenId: string;
  environment: string;
  granted: string[];
  calls: number;
  /** Epoch ms. */
  firstSeen: number;
  lastSeen: number;
  /** Calls that were expected of it in the whole hours since its last call. */
  missed: number;
}

/** New tokens of one client, and those that fell silent around the time. */
export interface Generations {
  newcomers: Generation[];
  silent: Generation[];
}

/** A token that took over from another one. */
export interface Succession {
  tokenHash: string;
  predecessor: string;
  clientId: string;
  linkedHour: number;
  likeness: number;
}

/** Newcomers are looked at for so long, hours; so many of a client at once, and of those silent. */
export const NEW_HOURS = 72;
export const MOST_OF_CLIENT = 300;
/** A predecessor stops at the earliest so long before the newcomer begins, and was there for so long, hours. */
export const GAP_HOURS = 6;
export const ESTABLISHED_HOURS = 24;
/** Only a token without calls in the last so many hours is silent. */
export const SILENT_HOURS = 2;

/**
 * Tokens first seen within three days before the end of an hour that follow nobody yet, and tokens of
 * the same clients that are older and fell silent since.
 *
 * @param hour the last trained hour
 */
export async function readGenerations(db: Db, hour: number): Promise<Generations> {
  const { database } = db;
  const params = { hour, end: (hour + 1) * 3600, newHours: NEW_HOURS, most: MOST_OF_CLIENT };
  const end = 'toDateTime({end:UInt32})';
  const kin = `SELECT token_hash, argMaxMerge(client_id) AS client, argMaxMerge(token_id) AS tokenId,
      argMaxMerge(token_environment) AS environment, argMaxMerge(granted_scopes) AS granted,
      sum(calls) AS n, min(first_seen) AS first, max(last_seen) AS last
    FROM ${database}.${TABLES.tokenInventory} GROUP BY token_hash`;
  const newcomers = `SELECT * FROM (${kin})
    WHERE client != '' AND first < ${end} AND first >= ${end} - INTERVAL {newHours:UInt32} HOUR
      AND token_hash NOT IN (SELECT token_hash FROM ${database}.${TABLES.tokenLineage})
    ORDER BY first LIMIT {most:UInt32} BY client`;
  const columns = (missed: string): string => `lower(hex(k.token_hash)) AS tokenHash,
    k.client AS clientId, k.tokenId AS tokenId, k.environment AS environment, k.granted AS granted,
    k.n AS calls, toUnixTimestamp64Milli(k.first) AS firstSeen,
    toUnixTimestamp64Milli(k.last) AS lastSeen, ${missed} AS missed`;
  const found = await db.query<Generation>(
    `SELECT ${columns('0')} FROM (${newcomers}) AS k ORDER BY k.first, k.token_hash`,
    params,
  );
  if (found.length === 0) return { newcomers: [], silent: [] };
  const silent = await db.query<Generation>(
    `SELECT ${columns('sumIf(p.e, p.hour > k.last)')}
     FROM (
       SELECT k.* FROM (${kin}) AS k
       JOIN (SELECT client, min(first) AS begin FROM (${newcomers}) GROUP BY client) AS b USING (client)
       WHERE k.last >= b.begin - INTERVAL ${String(GAP_HOURS)} HOUR AND k.last < ${end} - INTERVAL ${String(SILENT_HOURS)} HOUR
         AND k.first < b.begin - INTERVAL ${String(ESTABLISHED_HOURS)} HOUR
         AND k.token_hash NOT IN (SELECT ancestor FROM ${database}.${TABLES.tokenLineage} WHERE generation = 1)
       ORDER BY k.last LIMIT {most:UInt32} BY client
     ) AS k
     LEFT JOIN (
       SELECT entity_key, hour, argMax(expected, written_at) AS e
       FROM ${database}.${TABLES.volumeProfile}
       WHERE entity = 'token' AND hour < ${end} AND hour >= ${end} - INTERVAL {newHours:UInt32} HOUR - INTERVAL ${String(GAP_HOURS)} HOUR
       GROUP BY entity_key, hour
     ) AS p ON p.entity_key = k.token_hash
     GROUP BY k.token_hash, k.client, k.tokenId, k.environment, k.granted, k.n, k.first, k.last`,
    params,
  );
  return { newcomers: found, silent };
}

/** Which of some tokens follow another one, and which are followed. */
export async function readLinked(
  db: Db,
  tokens: readonly string[],
): Promise<{ heirs: Set<string>; predecessors: Set<string> }> {
  const rows = await db.query<{ heir: string; predecessor: string }>(
    `WITH named AS (${NAMED_TOKENS})
     SELECT lower(hex(token_hash)) AS heir, lower(hex(ancestor)) AS predecessor
     FROM ${db.database}.${TABLES.tokenLineage} FINAL
     WHERE generation = 1 AND (token_hash IN (SELECT * FROM named) OR ancestor IN (SELECT * FROM named))`,
    { tokens: [...new Set(tokens)] },
  );
  return {
    heirs: new Set(rows.map((row) => row.heir)),
    predecessors: new Set(rows.map((row) => row.predecessor)),
  };
}

/** Clients of tokens that were linked from a moment on, epoch ms of the server's clock. */
export async function readLinkedSince(db: Db, since: number): Promise<string[]> {
  const rows = await db.query<{ clientId: string }>(
    `SELECT DISTINCT client_id AS clientId FROM ${db.database}.${TABLES.tokenLineage}
     WHERE written_at >= toDateTime({seconds:UInt32})`,
    { seconds: Math.floor(since / 1000) },
  );
  return rows.map((row) => row.clientId);
}

/** What tokens said of themselves last, by token. */
export async function readIdentities(
  db: Db,
  tokens: readonly string[],
): Promise<Map<string, Pick<Generation, 'tokenId' | 'environment' | 'granted'>>> {
  const rows = await db.query<
    Pick<Generation, 'tokenHash' | 'tokenId' | 'environment' | 'granted'>
  >(
    `SELECT lower(hex(token_hash)) AS tokenHash, argMaxMerge(token_id) AS tokenId,
       argMaxMerge(token_environment) AS environment, argMaxMerge(granted_scopes) AS granted
     FROM ${db.database}.${TABLES.tokenInventory}
     WHERE token_hash IN (${NAMED_TOKENS})
     GROUP BY token_hash`,
    { tokens },
  );
  return new Map(rows.map(({ tokenHash, ...identity }) => [tokenHash, identity]));
}

/** What tokens are known for: `dimension\0value`, by token. */
export async function readHabits(
  db: Db,
  tokens: readonly string[],
): Promise<Map<string, Set<string>>> {
  const habits = new Map<string, Set<string>>();
  for (let start = 0; start < tokens.length; start += 2_000) {
    const rows = await db.query<{ tokenHash: string; habits: string[] }>(
      `SELECT lower(hex(token_hash)) AS tokenHash,
         groupUniqArray(1000)(concat(toString(dimension), '\\0', value)) AS habits
       FROM ${db.database}.${TABLES.tokenSeen}
       WHERE token_hash IN (${NAMED_TOKENS})
         AND dimension != 'any'
       GROUP BY token_hash`,
      { tokens: tokens.slice(start, start + 2_000) },
    );
    for (const row of rows) habits.set(row.tokenHash, new Set(row.habits));
  }
  return habits;
}

/** Keeps successions, with a row for every ancestor of the predecessor. */
export async function writeSuccessions(db: Db, links: readonly Succession[]): Promise<void> {
  if (links.length === 0) return;
  const older = new Map<string, { ancestor: string; generation: number }[]>();
  for (let start = 0; start < links.length; start += 2_000) {
    const rows = await db.query<{ tokenHash: string; ancestor: string; generation: number }>(
      `SELECT lower(hex(token_hash)) AS tokenHash, lower(hex(ancestor)) AS ancestor, generation
       FROM ${db.database}.${TABLES.tokenLineage} FINAL
       WHERE token_hash IN (${NAMED_TOKENS}) AND generation < 8`,
      { tokens: links.slice(start, start + 2_000).map((one) => one.predecessor) },
    );
    for (const row of rows) older.set(row.tokenHash, [...(older.get(row.tokenHash) ?? []), row]);
  }
  const columns = {
    ...{ token_hash: 'String', ancestor: 'String', generation: 'UInt8', client_id: 'String' },
    ...{ linked_hour: 'UInt32', likeness: 'Float64' },
  };
  const rows = links.flatMap((one) =>
    [{ ancestor: one.predecessor, generation: 0 }, ...(older.get(one.predecessor) ?? [])].map(
      ({ ancestor, generation }) => ({
        token_hash: one.tokenHash,
        ancestor,
        generation: generation + 1,
        client_id: one.clientId,
        linked_hour: one.linkedHour * 3600,
        likeness: one.likeness,
      }),
    ),
  );
  const hashes = ['token_hash', 'ancestor'];
  await insertHashed(db, { table: TABLES.tokenLineage, columns, hashes, times: [] }, rows);
}

/** Successions by direct predecessor that were linked in the hours from one to another, inclusive. */
export async function readSuccessions(
  db: Db,
  fromHour: number,
  toHour: number,
): Promise<Succession[]> {
  return db.query<Succession>(
    `SELECT lower(hex(token_hash)) AS tokenHash, lower(hex(ancestor)) AS predecessor,
       client_id AS clientId, intDiv(toUnixTimestamp(linked_hour), 3600) AS linkedHour, likeness
     FROM ${db.database}.${TABLES.tokenLineage} FINAL
     WHERE generation = 1 AND linkedHour >= {fromHour:UInt32} AND linkedHour <= {toHour:UInt32}
     ORDER BY linkedHour, tokenHash`,
    { fromHour, toHour },
  );
}
