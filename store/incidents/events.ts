import { fold } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';
import type { IncidentEvent } from '../../model/incident-event.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';
import { writeSnapshots } from './snapshots.ts';

/** A row of the events as it is read. */
export interface EventRow {
  incident_id: string;
  event_id: string;
  at_ms: number;
  kind: string;
  actor: string;
  data: string;
}

const COLUMNS = {
  incident_id: 'String',
  id: 'String',
  at: 'Int64',
  kind: 'String',
  actor: 'String',
  data: 'String',
} as const;

/** How many incidents' ids go into one request; an id is 20 characters of its URL. */
const CHUNK = 1_000;

function rowOf(event: IncidentEvent): Record<string, unknown> {
  const { id, incidentId, at, actor, kind, ...data } = event;
  return {
    incident_id: incidentId,
    id,
    at: Math.round(at),
    kind,
    actor,
    data: JSON.stringify(data),
  };
}

/** Rows are ours alone ({@link appendEvents} is the only writer), so the kind is asserted. */
export function eventOf(row: EventRow): IncidentEvent {
  const data = JSON.parse(row.data === '' ? '{}' : row.data) as object;
  return {
    ...data,
    id: row.event_id,
    incidentId: row.incident_id,
    at: row.at_ms,
    actor: row.actor,
    kind: row.kind,
  } as IncidentEvent;
}

/** The events of several incidents, by incident id, each event once. */
export async function readEventsOf(
  db: Db,
  incidentIds: readonly string[],
): Promise<Map<string, IncidentEvent[]>> {
  const byIncident = new Map<string, IncidentEvent[]>();
  const ids = [...new Set(incidentIds)];
  for (let from = 0; from < ids.length; from += CHUNK) {
    const rows = await db.query<EventRow>(
      `SELECT incident_id, id AS event_id, toUnixTimestamp64Milli(at) AS at_ms, kind, actor, data
       FROM ${db.database}.${TABLES.incidentEvents}
       WHERE incident_id IN {ids:Array(String)}
       ORDER BY at, id LIMIT 1 BY incident_id, id`,
      { ids: ids.slice(from, from + CHUNK) },
    );
    for (const row of rows) {
      const events = byIncident.get(row.incident_id);
      if (events === undefined) byIncident.set(row.incident_id, [eventOf(row)]);
      else events.push(eventOf(row));
    }
  }
  return byIncident;
}

/** One incident's events, oldest first; none when there is no such incident. */
export async function readEvents(db: Db, incidentId: string): Promise<IncidentEvent[]> {
  return (await readEventsOf(db, [incidentId])).get(incidentId) ?? [];
}

/** One incident with its findings, folded from its events; null when there is none. */
export async function readIncident(db: Db, incidentId: string): Promise<Incident | null> {
  const events = await readEvents(db, incidentId);
  return events.length === 0 ? null : fold(events);
}

/** Several incidents, folded from their events; ids without events are left out. */
export async function readIncidents(db: Db, incidentIds: readonly string[]): Promise<Incident[]> {
  return [...(await readEventsOf(db, incidentIds)).values()].map((events) => fold(events));
}

/**
 * Appends events of any number of incidents, then folds those incidents again and keeps their
 * derived rows. An event whose id is there already changes nothing, so a step may be repeated.
 *
 * @returns the incidents after the events
 */
export async function appendEvents(db: Db, events: readonly IncidentEvent[]): Promise<Incident[]> {
  if (events.length === 0) return [];
  const insert = { table: TABLES.incidentEvents, columns: COLUMNS, hashes: [], times: ['at'] };
  await insertHashed(db, insert, events.map(rowOf));
  const incidents = await readIncidents(
    db,
    events.map((event) => event.incidentId),
  );
  await writeSnapshots(db, incidents);
  return incidents;
}

/** Incidents to which anyone appended events at or after `since`; times in epoch ms, the server's clock. */
export async function changedIncidents(
  db: Db,
  since: number,
): Promise<{ id: string; writtenAt: number }[]> {
  const rows = await db.query<{ incident_id: string; written: number }>(
    `SELECT incident_id, toUnixTimestamp64Milli(max(written_at)) AS written
     FROM ${db.database}.${TABLES.incidentEvents}
     WHERE written_at >= fromUnixTimestamp64Milli({since:Int64})
     GROUP BY incident_id ORDER BY written LIMIT 20000`,
    { since: Math.floor(since) },
  );
  return rows.map((row) => ({ id: row.incident_id, writtenAt: row.written }));
}

/** When the latest event was written, epoch ms by the server's clock; 0 when there is none. */
export async function latestChange(db: Db): Promise<number> {
  const [row] = await db.query<{ written: number }>(
    `SELECT toUnixTimestamp64Milli(max(written_at)) AS written
     FROM ${db.database}.${TABLES.incidentEvents}`,
  );
  return row?.written ?? 0;
}
