import { covers, labelsOf } from '../../model/incident-match.ts';
import type { SilenceMatch } from '../../model/silence.ts';
import type { Db } from '../db.ts';
import { listIncidents } from '../incidents/snapshots.ts';
import type { IncidentRow } from '../incidents/snapshots.ts';

/** How many incidents are looked at. */
const LOOKED_AT = 20_000;

/** What a silence would have done. */
export interface SilencePreview {
  /** Latest first. */
  matched: IncidentRow[];
  /** How many incidents were looked at. */
  of: number;
}

/**
 * The incidents of the last days that a silence would have kept quiet: what to look at before it is
 * made.
 *
 * @param now epoch ms
 * @param days how far to look back; a week by default
 */
export async function previewSilence(
  db: Db,
  match: SilenceMatch,
  now: number,
  days = 7,
): Promise<SilencePreview> {
  const rows = await listIncidents(db, { updatedSince: now - days * 86_400_000, limit: LOOKED_AT });
  return { matched: rows.filter((row) => covers(match, labelsOf(row))), of: rows.length };
}
