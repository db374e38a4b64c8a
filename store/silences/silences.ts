import type { Silence } from '../../model/silence.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

const COLUMNS = {
  id: 'String',
  version: 'UInt64',
  match: 'String',
  owner: 'String',
  comment: 'String',
  created_at: 'Int64',
  starts_at: 'Int64',
  ends_at: 'Int64',
} as const;

const TIMES = ['created_at', 'starts_at', 'ends_at'];

interface SilenceRow {
  id: string;
  match: string;
  owner: string;
  comment: string;
  created: number;
  starts: number;
  ends: number;
}

function silenceOf(row: SilenceRow): Silence {
  return {
    id: row.id,
    match: JSON.parse(row.match) as Silence['match'],
    owner: row.owner,
    comment: row.comment,
    createdAt: row.created,
    startsAt: row.starts,
    endsAt: row.ends,
  };
}

/**
 * Keeps a silence, or changes the one with its id (to end it early, write it with `endsAt` now).
 *
 * @param at epoch ms; of two writes the later one counts
 */
export async function writeSilence(db: Db, silence: Silence, at: number): Promise<void> {
  const row = {
    id: silence.id,
    version: Math.round(at),
    match: JSON.stringify(silence.match),
    owner: silence.owner,
    comment: silence.comment,
    created_at: Math.round(silence.createdAt),
    starts_at: Math.round(silence.startsAt),
    ends_at: Math.round(silence.endsAt),
  };
  await insertHashed(db, { table: TABLES.silences, columns: COLUMNS, hashes: [], times: TIMES }, [
    row,
  ]);
}

/** Silences that end after `after` (epoch ms), latest first; at most 1,000. */
export async function listSilences(db: Db, after = 0): Promise<Silence[]> {
  const rows = await db.query<SilenceRow>(
    `SELECT id, match, owner, comment, toUnixTimestamp64Milli(created_at) AS created,
            toUnixTimestamp64Milli(starts_at) AS starts, toUnixTimestamp64Milli(ends_at) AS ends
     FROM ${db.database}.${TABLES.silences} FINAL
     WHERE ends_at > fromUnixTimestamp64Milli({after:Int64})
     ORDER BY created_at DESC, id LIMIT 1000`,
    { after: Math.floor(after) },
  );
  return rows.map(silenceOf);
}
