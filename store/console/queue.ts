import type { IncidentStatus } from '../../model/incident.ts';
import type { Severity } from '../../model/severity.ts';
import type { Db } from '../db.ts';
import { definedParams } from '../filter.ts';
import { listIncidents } from '../incidents/snapshots.ts';
import type { IncidentRow } from '../incidents/snapshots.ts';
import { TABLES } from '../tables.ts';

/** What the queue may be narrowed by; absent keys do not narrow. */
export interface QueueFilter {
  statuses?: readonly IncidentStatus[];
  severities?: readonly Severity[];
  client?: string;
  detection?: string;
  tokenHash?: string;
  assignee?: string;
  /** Words looked for in title, client, endpoint or service, assignee, detections and services; or the start of an id or token hash. */
  q?: string;
}

export type QueueOrder = 'urgency' | 'updated' | 'opened' | 'score';

export interface QueuePage {
  rows: IncidentRow[];
  /** How many incidents the whole filter leaves. */
  total: number;
  /** How many there are in each status under the rest of the filter. */
  byStatus: Partial<Record<IncidentStatus, number>>;
  /** The same for severities. */
  bySeverity: Partial<Record<Severity, number>>;
}

const TEXT = `(positionCaseInsensitiveUTF8(title, {q:String}) > 0
  OR positionCaseInsensitiveUTF8(client_id, {q:String}) > 0
  OR positionCaseInsensitiveUTF8(name, {q:String}) > 0
  OR positionCaseInsensitiveUTF8(assignee, {q:String}) > 0
  OR positionCaseInsensitiveUTF8(arrayStringConcat(detections, ' '), {q:String}) > 0
  OR positionCaseInsensitiveUTF8(arrayStringConcat(services, ' '), {q:String}) > 0
  OR startsWith(id, lowerUTF8({q:String}))
  OR (length({q:String}) >= 4 AND startsWith(lower(hex(token_hash)), lowerUTF8({q:String}))))`;

const CONDITIONS: Record<keyof QueueFilter, string> = {
  statuses: 'status IN {statuses:Array(String)}',
  severities: 'toString(severity) IN {severities:Array(String)}',
  client: 'client_id = {client:String}',
  detection: 'has(detections, {detection:String})',
  tokenHash: 'token_hash = unhex({tokenHash:String})',
  assignee: 'assignee = {assignee:String}',
  q: TEXT,
};

const ORDERS: Record<QueueOrder, string> = {
  urgency: 'severity DESC, score DESC, updated_at DESC',
  updated: 'updated_at DESC',
  opened: 'opened_at DESC',
  score: 'score DESC, updated_at DESC',
};

/** The conditions of a filter, one key of it left out where a facet counts just that key. */
function where(filter: QueueFilter, without?: keyof QueueFilter): string {
  const asked = (Object.keys(CONDITIONS) as (keyof QueueFilter)[]).filter(
    (key) => filter[key] !== undefined && key !== without,
  );
  return ['1', ...asked.map((key) => CONDITIONS[key])].join(' AND ');
}

async function facet(
  db: Db,
  filter: QueueFilter,
  key: 'statuses' | 'severities',
): Promise<Record<string, number>> {
  const column = key === 'statuses' ? 'status' : 'toString(severity)';
  const rows = await db.query<{ name: string; n: number }>(
    `SELECT ${column} AS name, count() AS n FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE ${where(filter, key)} GROUP BY name`,
    definedParams(filter),
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.n]));
}

/**
 * One page of the queue, and the counts that its filters show.
 *
 * @param page `limit` and `offset` in incidents
 */
export async function readQueue(
  db: Db,
  filter: QueueFilter,
  page: { order: QueueOrder; limit: number; offset: number },
): Promise<QueuePage> {
  const ids = async (): Promise<string[]> => {
    const rows = await db.query<{ id: string }>(
      `SELECT id FROM ${db.database}.${TABLES.incidents} FINAL WHERE ${where(filter)}
       ORDER BY ${ORDERS[page.order]}, id LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
      { ...definedParams(filter), limit: page.limit, offset: page.offset },
    );
    return rows.map((row) => row.id);
  };
  const [order, byStatus, bySeverity] = await Promise.all([
    ids(),
    facet(db, filter, 'statuses'),
    facet(db, filter, 'severities'),
  ]);
  const found = await listIncidents(db, { ids: order, limit: order.length });
  const byId = new Map(found.map((row) => [row.id, row]));
  const counted = Object.entries(byStatus).filter(
    ([status]) => filter.statuses?.includes(status as IncidentStatus) ?? true,
  );
  return {
    rows: order.map((id) => byId.get(id)).filter((row) => row !== undefined),
    total: counted.reduce((sum, [, n]) => sum + n, 0),
    byStatus,
    bySeverity,
  };
}

/** An incident whose folded state was written lately. */
export interface QueueChange {
  id: string;
  version: number;
  status: IncidentStatus;
  severity: Severity;
  /** Epoch ms, the server's clock. */
  writtenAt: number;
}

/** The latest states written at or after `since` (epoch ms, the server's clock), oldest first, at most 500. */
export async function readQueueChanges(db: Db, since: number): Promise<QueueChange[]> {
  return db.query<QueueChange>(
    `SELECT id, version, status, toString(severity) AS severity,
       toUnixTimestamp64Milli(written_at) AS writtenAt
     FROM ${db.database}.${TABLES.incidents}
     WHERE written_at >= fromUnixTimestamp64Milli({since:Int64})
     ORDER BY writtenAt, id, version LIMIT 500`,
    { since },
  );
}

/** The server's clock, epoch ms. */
export async function readServerTime(db: Db): Promise<number> {
  const [row] = await db.query<{ at: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS at');
  return row?.at ?? 0;
}
