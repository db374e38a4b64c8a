import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** A surprise that was worth a look: see `surprises` in migration 010. */
export interface SurpriseRow {
  entity: 'token' | 'client';
  /** Lower-case hex, as in `volume_profile`. */
  key: string;
  clientId: string;
  dimension: string;
  value: string;
  /** Event time, epoch ms. */
  time: number;
  bits: number;
  stratum: number;
  excess: number;
}

const COLUMNS = {
  entity: 'String',
  entity_key: 'String',
  hour: 'UInt32',
  dimension: 'String',
  value: 'String',
  client_id: 'String',
  time: 'Int64',
  bits: 'Float64',
  stratum: 'UInt8',
  excess: 'Float64',
  millibits: 'UInt64',
} as const;

/** Keeps surprises; of the same hour and value the greatest stays. */
export async function writeSurprises(db: Db, rows: readonly SurpriseRow[]): Promise<void> {
  const insert = {
    table: TABLES.surprises,
    columns: COLUMNS,
    hashes: ['entity_key'],
    times: ['time'],
  };
  await insertHashed(
    db,
    insert,
    rows.map((row) => ({
      entity: row.entity,
      entity_key: row.key,
      hour: Math.floor(row.time / 3_600_000) * 3600,
      dimension: row.dimension,
      value: row.value,
      client_id: row.clientId,
      time: Math.round(row.time),
      bits: row.bits,
      stratum: row.stratum,
      excess: row.excess,
      millibits: Math.round(row.bits * 1000),
    })),
  );
}

/** Surprises of entities with an event time in [from, to), epoch ms. */
export async function readSurprises(
  db: Db,
  keys: readonly string[],
  range: { from: number; to: number },
): Promise<SurpriseRow[]> {
  return db.query<SurpriseRow>(
    `SELECT toString(s.entity) AS entity, lower(hex(s.entity_key)) AS key, s.client_id AS clientId,
       s.dimension AS dimension, s.value AS value, toUnixTimestamp64Milli(s.time) AS time,
       s.bits AS bits, s.stratum AS stratum, s.excess AS excess
     FROM ${db.database}.${TABLES.surprises} AS s FINAL
     WHERE s.entity_key IN (SELECT unhex(arrayJoin({keys:Array(String)})))
       AND s.hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
       AND s.time >= fromUnixTimestamp64Milli({from:Int64})
       AND s.time < fromUnixTimestamp64Milli({to:Int64})`,
    { keys: [...new Set(keys)], ...range },
  );
}
