import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** One row of `volume_profile`: what is expected of an entity in an hour. */
export interface ProfileRow {
  /** Hours since the epoch. */
  hour: number;
  entity: 'token' | 'client' | 'new';
  /** Lower-case hex: the token's hash, or SHA-256 of the client's id. */
  key: string;
  clientId: string;
  expected: number;
  low: number;
  high: number;
  ageHours: number;
  meanA: number;
  meanB: number;
  prevA: number;
  prevB: number;
  dayA: number;
  dayB: number;
  /** Calls in the hours from 23 to 3 before this one. */
  earlier: number;
  phi: readonly number[];
  psi: readonly number[];
  weights: readonly number[];
  siblings: number;
}

/** Columns of the table by the names of the row. */
export const PROFILE_COLUMNS = {
  expected: 'expected',
  low: 'low',
  high: 'high',
  ageHours: 'age_hours',
  meanA: 'mean_a',
  meanB: 'mean_b',
  prevA: 'mean_prev_a',
  prevB: 'mean_prev_b',
  dayA: 'mean_day_a',
  dayB: 'mean_day_b',
  earlier: 'earlier',
  phi: 'phi',
  psi: 'psi',
  weights: 'weights',
  siblings: 'siblings',
} as const;

const LISTS = new Set(['phi', 'psi', 'weights']);
const CHUNK = 20_000;

/** Writes the expectations of an hour; a repeated row replaces the one before. */
export async function writeProfiles(db: Db, rows: readonly ProfileRow[]): Promise<void> {
  const names = Object.entries(PROFILE_COLUMNS);
  const columns = {
    hour: 'UInt32',
    entity: 'String',
    entity_key: 'String',
    client_id: 'String',
    ...Object.fromEntries(
      names.map(([key, column]) => [column, LISTS.has(key) ? 'Array(Float32)' : 'Float64']),
    ),
  };
  const insert = { table: TABLES.volumeProfile, columns, hashes: ['entity_key'], times: [] };
  for (let start = 0; start < rows.length; start += CHUNK) {
    const chunk = rows.slice(start, start + CHUNK).map((row) => ({
      hour: row.hour * 3600,
      entity: row.entity,
      entity_key: row.key,
      client_id: row.clientId,
      ...Object.fromEntries(names.map(([key, column]) => [column, row[key as 'low']])),
    }));
    await insertHashed(db, insert, chunk);
  }
}

/** A select list of an expectation's columns under the names of {@link ProfileRow}. */
export function profileSelect(alias: string): string {
  return Object.entries(PROFILE_COLUMNS)
    .map(([key, column]) => `${alias}.${column} AS ${key}`)
    .join(', ');
}

/**
 * The expectations of tokens (by hash, lower-case hex) in the hour of a minute (epoch seconds), or of clients or
 * their new tokens (by the client's id); by the same names.
 */
export async function readProfiles(
  db: Db,
  entity: ProfileRow['entity'],
  minute: number,
  names: readonly string[],
): Promise<Map<string, ProfileRow>> {
  if (names.length === 0) return new Map();
  const isToken = entity === 'token';
  const whom = isToken
    ? 'p.entity_key IN (SELECT toFixedString(unhex(arrayJoin({names:Array(String)})), 32))'
    : 'p.client_id IN {names:Array(String)}';
  const rows = await db.query<ProfileRow>(
    `SELECT intDiv(toUnixTimestamp(p.hour), 3600) AS hour, toString(p.entity) AS entity,
       lower(hex(p.entity_key)) AS key, p.client_id AS clientId, ${profileSelect('p')}
     FROM ${db.database}.${TABLES.volumeProfile} AS p
     PREWHERE p.entity = {entity:String} AND ${whom}
     WHERE p.hour = toStartOfHour(toDateTime({minute:UInt32}))
     ORDER BY p.written_at DESC LIMIT 1 BY p.entity_key`,
    { minute, entity, names: [...new Set(names)] },
  );
  return new Map(rows.map((row) => [isToken ? row.key : row.clientId, row]));
}

/** When what is expected of clients in the hour of a moment was written last, epoch ms; 0: not at all. */
export async function readExpectedSince(db: Db, at: number): Promise<number> {
  const [row] = await db.query<{ since: number }>(
    `SELECT toUnixTimestamp(max(written_at)) AS since FROM ${db.database}.${TABLES.volumeProfile}
     WHERE hour = toStartOfHour(toDateTime({at:UInt32})) AND entity = 'client'`,
    { at: Math.floor(at / 1000) },
  );
  return (row?.since ?? 0) * 1000;
}
