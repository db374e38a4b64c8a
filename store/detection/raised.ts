import type { EntityKind } from '../../model/finding.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** What was raised of an entity, detection and value, and how strongly. */
export interface Raised {
  entity: EntityKind;
  /** Lower-case hex, as in `volume_profile`. */
  key: string;
  detection: string;
  value: string;
  /** Event time, epoch ms. */
  raisedAt: number;
  bits: number;
  findingId: string;
}

const COLUMNS = {
  entity: 'String',
  entity_key: 'String',
  detection: 'String',
  value: 'String',
  raised_at: 'Int64',
  bits: 'Float64',
  finding_id: 'String',
} as const;

/** The latest that was raised of entities, by their keys. */
export async function readRaised(db: Db, keys: readonly string[]): Promise<Raised[]> {
  return db.query<Raised>(
    `SELECT toString(entity) AS entity, lower(hex(entity_key)) AS key, detection, value,
       toUnixTimestamp64Milli(max(raised_at)) AS raisedAt, argMax(bits, (raised_at, bits)) AS bits,
       argMax(finding_id, raised_at) AS findingId
     FROM ${db.database}.${TABLES.raised}
     WHERE entity_key IN (SELECT unhex(arrayJoin({keys:Array(String)})))
     GROUP BY entity, entity_key, detection, value`,
    { keys: [...new Set(keys)] },
  );
}

/** Remembers what was raised. */
export async function writeRaised(db: Db, rows: readonly Raised[]): Promise<void> {
  const insert = {
    table: TABLES.raised,
    columns: COLUMNS,
    hashes: ['entity_key'],
    times: ['raised_at'],
  };
  await insertHashed(
    db,
    insert,
    rows.map((row) => ({
      entity: row.entity,
      entity_key: row.key,
      detection: row.detection,
      value: row.value,
      raised_at: Math.round(row.raisedAt),
      bits: row.bits,
      finding_id: row.findingId,
    })),
  );
}
