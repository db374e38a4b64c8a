import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** A detection of the running catalogue, with what it has found and what became of it. */
export interface DetectionSummary {
  id: string;
  title: string;
  family: string;
  severity: string;
  owasp: string[];
  attack: string[];
  runbook: string;
  blindSpots: string[];
  /** JSON. */
  parameters: string;
  /** Findings of the last 14 days, one number a day, oldest first. */
  daily: number[];
  /** Incidents with a finding of it that were resolved, and that were called false. */
  confirmed: number;
  falsePositives: number;
}

interface Daily {
  detection: string;
  daily: number[];
}

interface Verdicts {
  detection: string;
  confirmed: number;
  falsePositives: number;
}

type Catalogue = Omit<DetectionSummary, 'daily' | 'confirmed' | 'falsePositives'>;

async function readCatalogue(db: Db): Promise<Catalogue[]> {
  return db.query(
    `SELECT id, title, family, severity, owasp, attack, runbook, blind_spots AS blindSpots, parameters
     FROM ${db.database}.${TABLES.detections} FINAL ORDER BY family, id`,
  );
}

async function readDaily(db: Db, at: number): Promise<Daily[]> {
  return db.query(
    `SELECT detection, arrayMap(day -> toUInt32(countEqual(days, day)), range(14)) AS daily
     FROM (
       SELECT detection, groupArray(13 - intDiv({at:Int64} - t, 86400000)) AS days
       FROM (
         SELECT id, any(detection) AS detection, any(toUnixTimestamp64Milli(detected_at)) AS t
         FROM ${db.database}.${TABLES.findings}
         WHERE detected_at > fromUnixTimestamp64Milli({at:Int64} - 14 * 86400000)
           AND detected_at <= fromUnixTimestamp64Milli({at:Int64})
         GROUP BY id
       )
       GROUP BY detection
     )`,
    { at },
  );
}

async function readVerdicts(db: Db): Promise<Verdicts[]> {
  return db.query(
    `SELECT arrayJoin(detections) AS detection, countIf(status = 'resolved') AS confirmed,
       countIf(status = 'false_positive') AS falsePositives
     FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE status IN ('resolved', 'false_positive') GROUP BY detection`,
  );
}

/** The catalogue as the detector last wrote it, with findings and verdicts up to `at` (epoch ms). */
export async function readDetections(db: Db, at: number): Promise<DetectionSummary[]> {
  const [catalogue, daily, verdicts] = await Promise.all([
    readCatalogue(db),
    readDaily(db, at),
    readVerdicts(db),
  ]);
  const found = new Map(daily.map((row) => [row.detection, row.daily]));
  const judged = new Map(verdicts.map((row) => [row.detection, row]));
  return catalogue.map((row) => ({
    ...row,
    daily: found.get(row.id) ?? new Array<number>(14).fill(0),
    confirmed: judged.get(row.id)?.confirmed ?? 0,
    falsePositives: judged.get(row.id)?.falsePositives ?? 0,
  }));
}
