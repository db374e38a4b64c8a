import type { Db } from '../db.ts';
import { writeCatalogue } from '../detection/catalogue.ts';
import type { CatalogueEntry } from '../detection/catalogue.ts';
import { TABLES } from '../tables.ts';

/** Writes the users' own rules into the catalogue, and takes out those that are gone. */
export async function writeRuleCatalogue(
  db: Db,
  entries: readonly CatalogueEntry[],
): Promise<void> {
  await writeCatalogue(db, entries);
  await db.command(
    `DELETE FROM ${db.database}.${TABLES.detections}
     WHERE family = 'rule' AND id NOT IN (SELECT arrayJoin({ids:Array(String)}))`,
    { ids: entries.map(({ id }) => id) },
  );
}
