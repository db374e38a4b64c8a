import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { readIncidents } from './events.ts';
import { writeSnapshots } from './snapshots.ts';

/**
 * Derives the rows of incidents again whose events were kept and whose row was not: a process ended
 * between the two.
 *
 * @param since only incidents to which events were written since then (epoch ms, the server's clock)
 * @returns how many rows were behind
 */
export async function repairSnapshots(db: Db, since: number): Promise<number> {
  const behind = await db.query<{ incident_id: string }>(
    `SELECT e.incident_id AS incident_id
     FROM (SELECT incident_id, uniqExact(id) AS events FROM ${db.database}.${TABLES.incidentEvents}
           WHERE incident_id IN (SELECT incident_id FROM ${db.database}.${TABLES.incidentEvents}
                                 WHERE written_at >= fromUnixTimestamp64Milli({since:Int64}))
           GROUP BY incident_id) AS e
     LEFT JOIN (SELECT id, max(version) AS version FROM ${db.database}.${TABLES.incidents} GROUP BY id) AS s
       ON s.id = e.incident_id
     WHERE e.events > s.version`,
    { since: Math.floor(since) },
  );
  await writeSnapshots(
    db,
    await readIncidents(
      db,
      behind.map((row) => row.incident_id),
    ),
  );
  return behind.length;
}
