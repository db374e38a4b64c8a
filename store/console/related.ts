import type { Incident } from '../../model/incident.ts';
import { entityKeyOfIncident } from '../../model/incident.ts';
import type { Db } from '../db.ts';
import { listIncidents } from '../incidents/snapshots.ts';
import type { IncidentRow } from '../incidents/snapshots.ts';
import { TABLES } from '../tables.ts';

/** What two incidents have in common, the closest tie first. */
export const TIES = ['entity', 'campaign', 'client', 'kind'] as const;

export type Tie = (typeof TIES)[number];

/** Incidents of the same kind count as related when they opened within so long of each other, ms. */
const SAME_TIME = 3_600_000;

/** Conditions of the ties; `kind`: the same detection on the same service at the same time. */
const CONDITIONS: Record<Tie, string> = {
  entity: 'entity_key = {entity:String}',
  campaign: `({campaign:String} != '' AND (campaign = {campaign:String} OR id = {campaign:String}))
    OR campaign = {id:String}`,
  client: "{client:String} != '' AND client_id = {client:String}",
  kind: `hasAny(detections, {detections:Array(String)}) AND hasAny(services, {services:Array(String)})
    AND abs(toUnixTimestamp64Milli(opened_at) - {at:Int64}) <= ${String(SAME_TIME)}`,
};

/** Other incidents that an incident may have to do with, the closest ties first, then the latest. */
export async function readRelated(
  db: Db,
  incident: Incident,
  limit: number,
): Promise<{ tie: Tie; incident: IncidentRow }[]> {
  const cases = TIES.map((tie, n) => `${CONDITIONS[tie]}, ${String(n)}`).join(', ');
  const rows = await db.query<{ id: string; tie: number }>(
    `SELECT id, multiIf(${cases}, 9) AS tie FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE id != {id:String} AND tie < 9
     ORDER BY tie, updated_at DESC, id LIMIT {limit:UInt32}`,
    {
      id: incident.id,
      entity: entityKeyOfIncident(incident),
      campaign: incident.campaign,
      client: incident.clientId,
      detections: incident.detections,
      services: incident.services,
      at: incident.openedAt,
      limit,
    },
  );
  const found = await listIncidents(db, { ids: rows.map(({ id }) => id), limit: rows.length });
  const byId = new Map(found.map((row) => [row.id, row]));
  return rows.flatMap(({ id, tie }) => {
    const [row, name] = [byId.get(id), TIES[tie]];
    return row === undefined || name === undefined ? [] : [{ tie: name, incident: row }];
  });
}
