import type { EntityKind } from '../../model/finding.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** Something that was called a false positive: what one detection said of one entity. */
export interface Refuted {
  incidentId: string;
  entity: EntityKind;
  /** Lower-case hex: the token's hash, or SHA-256 of the client's id or the thing's name. */
  key: string;
  tokenHash: string;
  clientId: string;
  /** Of an endpoint or a service; empty for tokens and clients. */
  name: string;
  detection: string;
  /** As in the finding's evidence; empty where there was none. */
  value: string;
  /** Who said so, and why. */
  owner: string;
  reason: string;
  /** Epoch ms. */
  at: number;
}

/** So long a detection says nothing more of what was called a false positive, ms. */
export const QUIETED_MS = 30 * 86_400_000;

const MOST = 20_000;

/** What stands as a false positive since a moment (epoch ms), the latest first; reopened ones do not. */
export async function readRefuted(db: Db, since: number): Promise<Refuted[]> {
  const { database } = db;
  return db.query<Refuted>(
    `SELECT i.id AS incidentId, toString(i.entity) AS entity,
       lower(hex(multiIf(toString(i.entity) = 'token', toString(i.token_hash),
         toString(i.entity) = 'client', toString(SHA256(i.client_id)), toString(SHA256(i.name))))) AS key,
       if(toString(i.entity) = 'token', lower(hex(i.token_hash)), '') AS tokenHash,
       i.client_id AS clientId, i.name AS name, f.detection AS detection, f.value AS value, v.owner AS owner,
       v.reason AS reason, toUnixTimestamp64Milli(i.closed_at) AS at
     FROM (
       SELECT id, entity, token_hash, client_id, name, closed_at
       FROM ${database}.${TABLES.incidents} FINAL
       WHERE status = 'false_positive' AND campaign_kind = ''
         AND closed_at >= fromUnixTimestamp64Milli({since:Int64})
     ) AS i
     JOIN (
       SELECT DISTINCT incident_id, JSONExtractString(data, 'finding', 'detection') AS detection,
         JSONExtractString(data, 'finding', 'evidence', 'value') AS value
       FROM ${database}.${TABLES.incidentEvents} WHERE kind = 'finding_added'
     ) AS f ON f.incident_id = i.id
     JOIN (
       SELECT incident_id, argMax(actor, at) AS owner,
         argMax(JSONExtractString(data, 'reason'), at) AS reason
       FROM ${database}.${TABLES.incidentEvents} WHERE kind = 'false_positive' GROUP BY incident_id
     ) AS v ON v.incident_id = i.id
     ORDER BY at DESC, incidentId, detection, value LIMIT ${String(MOST)}`,
    { since: Math.floor(since) },
  );
}

/** What became of the incidents that had a finding of a detection. */
export interface Verdicts {
  detection: string;
  confirmed: number;
  refuted: number;
}

/** Verdicts by detection on incidents that were closed since a moment (epoch ms). */
export async function readVerdicts(db: Db, since: number): Promise<Verdicts[]> {
  return db.query<Verdicts>(
    `SELECT arrayJoin(detections) AS detection, countIf(status = 'resolved') AS confirmed,
       countIf(status = 'false_positive') AS refuted
     FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE status IN ('resolved', 'false_positive') AND campaign_kind = ''
       AND closed_at >= fromUnixTimestamp64Milli({since:Int64})
     GROUP BY detection`,
    { since: Math.floor(since) },
  );
}

/** How many incidents on tokens and clients came, and what was said of those that were judged. */
export interface IncidentCount {
  opened: number;
  confirmed: number;
  refuted: number;
}

/** Incidents that were opened since a moment (epoch ms). */
export async function readIncidentCount(db: Db, since: number): Promise<IncidentCount> {
  const [row] = await db.query<IncidentCount>(
    `SELECT count() AS opened, countIf(status = 'resolved') AS confirmed,
       countIf(status = 'false_positive') AS refuted
     FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE campaign_kind = '' AND toString(entity) IN ('token', 'client')
       AND opened_at >= fromUnixTimestamp64Milli({since:Int64})`,
    { since: Math.floor(since) },
  );
  return row ?? { opened: 0, confirmed: 0, refuted: 0 };
}

/** A detection that is watched only, or, without a reason, no longer. */
export interface WatchOnly {
  detection: string;
  /** Epoch ms. */
  since: number;
  reason: string;
}

/** Detections whose findings open no incident. */
export async function readWatchOnly(db: Db): Promise<WatchOnly[]> {
  return db.query<WatchOnly>(
    `SELECT detection, toUnixTimestamp64Milli(since) AS since, reason
     FROM ${db.database}.${TABLES.watchOnly} FINAL WHERE reason != '' ORDER BY detection`,
  );
}

/** Keeps which detections are watched only. */
export async function writeWatchOnly(db: Db, rows: readonly WatchOnly[]): Promise<void> {
  const columns = { detection: 'String', since: 'Int64', reason: 'String' } as const;
  const insert = { table: TABLES.watchOnly, columns, hashes: [], times: ['since'] };
  await insertHashed(
    db,
    insert,
    rows.map((row) => ({ ...row, since: Math.round(row.since) })),
  );
}
