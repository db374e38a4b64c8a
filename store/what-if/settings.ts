import type { ChangedParameters } from '../../model/what-if.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Parameters of one detection as somebody set them over the declared ones. */
export interface DetectionSetting {
  detection: string;
  /** Only what differs; empty: all as declared. */
  parameters: Readonly<Record<string, number>>;
  by: string;
  /** Epoch ms. */
  at: number;
  reason: string;
}

/** Keeps what was set; it replaces all that was set of this detection before. */
export async function writeDetectionSetting(db: Db, setting: DetectionSetting): Promise<void> {
  await db.insert(TABLES.detectionSettings, [
    {
      detection: setting.detection,
      version: setting.at,
      parameters: JSON.stringify(setting.parameters),
      set_by: setting.by,
      set_at: new Date(setting.at).toISOString(),
      reason: setting.reason,
    },
  ]);
}

/** What is set, one row a detection that ever had something set. */
export async function readDetectionSettings(db: Db): Promise<DetectionSetting[]> {
  const rows = await db.query<Omit<DetectionSetting, 'parameters'> & { parameters: string }>(
    `SELECT detection, parameters, set_by AS by, toUnixTimestamp64Milli(set_at) AS at, reason
     FROM ${db.database}.${TABLES.detectionSettings} AS s FINAL ORDER BY detection`,
  );
  return rows.map((row) => ({
    ...row,
    // Written by writeDetectionSetting() alone.
    parameters: JSON.parse(row.parameters) as Record<string, number>,
  }));
}

/** The same as the detector takes it. */
export function changedParameters(settings: readonly DetectionSetting[]): ChangedParameters {
  return Object.fromEntries(settings.map(({ detection, parameters }) => [detection, parameters]));
}
