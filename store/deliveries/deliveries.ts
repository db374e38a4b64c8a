import type { Delivery, DeliveryReason, DeliveryState } from '../../model/delivery.ts';
import type { Json } from '../../model/finding.ts';
import type { Db } from '../db.ts';
import { definedParams } from '../filter.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

const COLUMNS = {
  id: 'String',
  version: 'UInt64',
  incident_id: 'String',
  receiver: 'String',
  notifier: 'String',
  reason: 'String',
  state: 'String',
  attempts: 'UInt32',
  created_at: 'Int64',
  updated_at: 'Int64',
  next_attempt_at: 'Int64',
  remote_ref: 'String',
  last_error: 'String',
  payload: 'String',
} as const;

const TIMES = ['created_at', 'updated_at', 'next_attempt_at'];

const SELECTED = Object.keys(COLUMNS)
  .map((name) =>
    TIMES.includes(name) ? `toUnixTimestamp64Milli(${name}) AS r_${name}` : `${name} AS r_${name}`,
  )
  .join(', ');

function rowOf(delivery: Delivery): Record<keyof typeof COLUMNS, unknown> {
  return {
    id: delivery.id,
    version: delivery.version,
    incident_id: delivery.incidentId,
    receiver: delivery.receiver,
    notifier: delivery.notifier,
    reason: delivery.reason,
    state: delivery.state,
    attempts: delivery.attempts,
    created_at: Math.round(delivery.createdAt),
    updated_at: Math.round(delivery.updatedAt),
    next_attempt_at: Math.round(delivery.nextAttemptAt),
    remote_ref: delivery.remoteRef,
    last_error: delivery.lastError,
    payload: JSON.stringify(delivery.payload),
  };
}

function deliveryOf(row: Record<string, string | number>): Delivery {
  const text = (name: string): string => String(row[`r_${name}`] ?? '');
  const number = (name: string): number => Number(row[`r_${name}`] ?? 0);
  return {
    id: text('id'),
    version: number('version'),
    incidentId: text('incident_id'),
    receiver: text('receiver'),
    notifier: text('notifier'),
    reason: text('reason') as DeliveryReason,
    state: text('state') as DeliveryState,
    attempts: number('attempts'),
    createdAt: number('created_at'),
    updatedAt: number('updated_at'),
    nextAttemptAt: number('next_attempt_at'),
    remoteRef: text('remote_ref'),
    lastError: text('last_error'),
    payload: JSON.parse(text('payload') || 'null') as Json,
  };
}

/** Keeps the present state of deliveries; the row with the highest version of an id is its state. */
export async function writeDeliveries(db: Db, deliveries: readonly Delivery[]): Promise<void> {
  const insert = { table: TABLES.deliveries, columns: COLUMNS, hashes: [], times: TIMES };
  await insertHashed(db, insert, deliveries.map(rowOf));
}

/** What {@link listDeliveries} may be narrowed by; absent keys do not narrow. */
export interface DeliveryFilter {
  ids?: readonly string[];
  incidentIds?: readonly string[];
  receiver?: string;
  states?: readonly DeliveryState[];
  reasons?: readonly DeliveryReason[];
  /** Created at or after, epoch ms. */
  since?: number;
  limit?: number;
  offset?: number;
}

const CONDITIONS: Partial<Record<keyof DeliveryFilter, string>> = {
  ids: 'id IN {ids:Array(String)}',
  incidentIds: 'incident_id IN {incidentIds:Array(String)}',
  receiver: 'receiver = {receiver:String}',
  states: 'state IN {states:Array(String)}',
  reasons: 'reason IN {reasons:Array(String)}',
  since: 'created_at >= fromUnixTimestamp64Milli({since:Int64})',
};

/** Deliveries that a filter leaves, newest first; 100 unless `limit` says otherwise. */
export async function listDeliveries(db: Db, filter: DeliveryFilter = {}): Promise<Delivery[]> {
  const asked = (Object.keys(CONDITIONS) as (keyof DeliveryFilter)[]).filter(
    (key) => filter[key] !== undefined,
  );
  const conditions = ['1', ...asked.map((key) => CONDITIONS[key] ?? '1')].join(' AND ');
  const rows = await db.query<Record<string, string | number>>(
    `SELECT ${SELECTED} FROM ${db.database}.${TABLES.deliveries} FINAL
     WHERE ${conditions} ORDER BY created_at DESC, id
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...definedParams(filter), limit: filter.limit ?? 100, offset: filter.offset ?? 0 },
  );
  return rows.map(deliveryOf);
}

/** One delivery, or null. */
export async function readDelivery(db: Db, id: string): Promise<Delivery | null> {
  return (await listDeliveries(db, { ids: [id], limit: 1 }))[0] ?? null;
}
