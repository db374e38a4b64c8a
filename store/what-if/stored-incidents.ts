import type { IncidentStatus } from '../../model/incident.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** A stored incident, as far as it is compared with one of a backtest. */
export interface StoredIncident {
  id: string;
  /** As `entityKeyOf` in the model makes it. */
  entityKey: string;
  status: IncidentStatus;
  /** Event time, epoch ms. */
  openedAt: number;
  updatedAt: number;
}

/** Incidents on some things that overlap a stretch of time (epoch ms), those with a verdict first. */
export async function readIncidentsAround(
  db: Db,
  keys: readonly string[],
  { from, to }: { from: number; to: number },
): Promise<StoredIncident[]> {
  if (keys.length === 0) return [];
  return db.query<StoredIncident>(
    `SELECT id, entity_key AS entityKey, status, toUnixTimestamp64Milli(opened_at) AS openedAt,
       toUnixTimestamp64Milli(updated_at) AS updatedAt
     FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE entity_key IN {keys:Array(String)} AND opened_at <= fromUnixTimestamp64Milli({to:Int64})
       AND updated_at >= fromUnixTimestamp64Milli({from:Int64})
     ORDER BY status IN ('resolved', 'false_positive') DESC, opened_at LIMIT 10000`,
    { keys: [...new Set(keys)].slice(0, 2_000), from, to },
  );
}
