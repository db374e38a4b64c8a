import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** What is kept of a detection for people to read. */
export interface CatalogueEntry {
  id: string;
  title: string;
  family: string;
  severity: string;
  owasp: readonly string[];
  attack: readonly string[];
  runbook: readonly string[];
  blindSpots: readonly string[];
  parameters: Readonly<Record<string, number>>;
}

/** Writes the catalogue as it runs; a repeated entry replaces the one before. */
export async function writeCatalogue(db: Db, entries: readonly CatalogueEntry[]): Promise<void> {
  await db.insert(
    TABLES.detections,
    entries.map((entry) => ({
      id: entry.id,
      title: entry.title,
      family: entry.family,
      severity: entry.severity,
      owasp: entry.owasp,
      attack: entry.attack,
      runbook: entry.runbook.map((step, i) => `${i + 1}. ${step}`).join('\n'),
      blind_spots: entry.blindSpots,
      parameters: JSON.stringify(entry.parameters),
    })),
  );
}
