import type { IncidentEvent } from '../../model/incident-event.ts';
import type { Db } from '../db.ts';
import { eventOf } from '../incidents/events.ts';
import type { EventRow } from '../incidents/events.ts';
import { TABLES } from '../tables.ts';

/** How many are returned at once; the rest comes with a later look. */
const LIMIT = 5_000;

/**
 * Events on incidents that no entry of the audit chain names: a process ended between the two. By
 * the server's clock.
 *
 * @param kinds which events are decisions
 * @param back how far back to look, ms
 * @param settled events younger than this (ms) may still be on their way to the chain
 */
export async function eventsWithoutAudit(
  db: Db,
  kinds: readonly IncidentEvent['kind'][],
  { back, settled }: { back: number; settled: number },
): Promise<IncidentEvent[]> {
  const rows = await db.query<EventRow>(
    `WITH toUnixTimestamp64Milli(now64(3)) AS server_now
     SELECT incident_id, id AS event_id, toUnixTimestamp64Milli(at) AS at_ms, kind, actor, data
     FROM ${db.database}.${TABLES.incidentEvents}
     WHERE written_at >= fromUnixTimestamp64Milli(server_now - {back:Int64})
       AND written_at <= fromUnixTimestamp64Milli(server_now - {settled:Int64})
       AND kind IN {kinds:Array(String)}
       AND id NOT IN (SELECT JSONExtractString(detail, 'event') FROM ${db.database}.${TABLES.audit}
                      WHERE startsWith(action, 'incident.')
                        AND at >= fromUnixTimestamp64Milli(server_now - {back:Int64} - 86400000))
     ORDER BY at, id LIMIT 1 BY incident_id, id LIMIT {limit:UInt32}`,
    { kinds, back, settled, limit: LIMIT },
  );
  return rows.map(eventOf);
}
