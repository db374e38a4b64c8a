import { UPKEEP } from '../../model/upkeep.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** Hours of an entity that teach nothing: [fromHour, untilHour], since the epoch. */
export interface Untrained {
  /** Lower-case hex: the token's hash, or SHA-256 of the client's id. */
  key: string;
  incidentId: string;
  clientId: string;
  fromHour: number;
  untilHour: number;
}

/** So many incidents are heeded, the latest first. */
const MOST = 20_000;
/** An incident that nobody closes is heeded for so long after its last change, hours. */
const UNATTENDED = 7 * 24;

/**
 * What incidents say: those that are open, from their first call to a week after the last change; those
 * that were resolved, until then. A false alarm says nothing, nor does upkeep.
 *
 * @param fromHour incidents that were over before it are left out
 */
export async function readTroubled(db: Db, fromHour: number): Promise<Untrained[]> {
  return db.query<Untrained>(
    `SELECT lower(hex(if(toString(i.entity) = 'token', i.token_hash, SHA256(i.client_id)))) AS key,
       i.id AS incidentId, i.client_id AS clientId,
       intDiv(toUnixTimestamp(toDateTime(i.first_call_at)), 3600) AS fromHour,
       if(i.status IN ('open', 'acknowledged'),
         intDiv(toUnixTimestamp(toDateTime(i.updated_at)), 3600) + {unattended:UInt32},
         intDiv(toUnixTimestamp(toDateTime(i.closed_at)), 3600)) AS untilHour
     FROM ${db.database}.${TABLES.incidents} AS i FINAL
     WHERE i.status != 'false_positive' AND toString(i.entity) IN ('token', 'client')
       AND arrayExists(one -> NOT match(one, {upkeep:String}), i.detections)
       AND i.campaign_kind = '' AND i.first_call_at > toDateTime64(0, 3) AND untilHour >= {fromHour:UInt32}
     ORDER BY i.updated_at DESC LIMIT {most:UInt32}`,
    { fromHour, unattended: UNATTENDED, most: MOST, upkeep: UPKEEP },
  );
}

/** What the baselines that are kept were trained with. */
export async function readUntrained(db: Db, fromHour: number): Promise<Untrained[]> {
  return db.query<Untrained>(
    `SELECT lower(hex(entity_key)) AS key, incident_id AS incidentId, client_id AS clientId,
       intDiv(toUnixTimestamp(from_hour), 3600) AS fromHour,
       intDiv(toUnixTimestamp(until_hour), 3600) AS untilHour
     FROM ${db.database}.${TABLES.untrained} FINAL WHERE untilHour >= {fromHour:UInt32}`,
    { fromHour },
  );
}

/** Keeps what baselines were trained with; lifted ones no longer count. */
export async function writeUntrained(
  db: Db,
  rows: readonly (Untrained & { lifted: boolean })[],
  version: number,
): Promise<void> {
  const columns = {
    ...{ entity_key: 'String', incident_id: 'String', client_id: 'String' },
    ...{ from_hour: 'UInt32', until_hour: 'UInt32', version: 'UInt64', lifted: 'UInt8' },
  };
  await insertHashed(
    db,
    { table: TABLES.untrained, columns, hashes: ['entity_key'], times: [] },
    rows.map((row) => ({
      entity_key: row.key,
      incident_id: row.incidentId,
      client_id: row.clientId,
      from_hour: row.fromHour * 3600,
      until_hour: row.untilHour * 3600,
      version,
      lifted: row.lifted ? 1 : 0,
    })),
  );
}
