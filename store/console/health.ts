import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** How the pipeline fares; times in epoch ms, 0 where nothing is known. */
export interface PipelineHealth {
  /** The stages that reported in the last two minutes, and when. */
  stages: { stage: string; instance: string; at: number }[];
  callsLastMinute: number;
  callsLastHour: number;
  lastCallAt: number;
  lastFindingAt: number;
  pendingDeliveries: number;
  failedDeliveries: number;
  /** Of all tables, bytes on disk and parts. */
  bytes: number;
  parts: number;
}

interface Counts {
  callsLastMinute: number;
  callsLastHour: number;
  lastCallAt: number;
}

async function readCalls(db: Db): Promise<Counts> {
  const [row] = await db.query<Counts>(
    `SELECT countIf(ingested_at >= now64(3) - INTERVAL 1 MINUTE) AS callsLastMinute,
       count() AS callsLastHour, toUnixTimestamp64Milli(max(ingested_at)) AS lastCallAt
     FROM ${db.database}.${TABLES.calls} WHERE ingested_at >= now64(3) - INTERVAL 1 HOUR`,
  );
  return row ?? { callsLastMinute: 0, callsLastHour: 0, lastCallAt: 0 };
}

async function readDeliveryCounts(db: Db): Promise<{ pending: number; failed: number }> {
  const [row] = await db.query<{ pending: number; failed: number }>(
    `SELECT countIf(state = 'pending') AS pending,
       countIf(state IN ('refused', 'dead') AND updated_at >= now64(3) - INTERVAL 1 DAY) AS failed
     FROM ${db.database}.${TABLES.deliveries} FINAL`,
  );
  return row ?? { pending: 0, failed: 0 };
}

/** How every stage fares, as far as the store knows. */
export async function readHealth(db: Db): Promise<PipelineHealth> {
  const [calls, deliveries, stages, findings, size] = await Promise.all([
    readCalls(db),
    readDeliveryCounts(db),
    db.query<{ stage: string; instance: string; at: number }>(
      `SELECT labels['stage'] AS stage, toString(instance) AS instance,
         toUnixTimestamp(max(m.at)) * 1000 AS at
       FROM ${db.database}.${TABLES.stageMetrics} AS m
       WHERE name = 'tokenwatch_stage_up' AND m.at >= now() - INTERVAL 2 MINUTE
       GROUP BY stage, instance ORDER BY stage, instance`,
    ),
    db.query<{ at: number }>(
      `SELECT toUnixTimestamp64Milli(max(written_at)) AS at FROM ${db.database}.${TABLES.findings}`,
    ),
    db.query<{ bytes: number; parts: number }>(
      `SELECT sum(bytes_on_disk) AS bytes, count() AS parts FROM system.parts
       WHERE database = {database:String} AND active`,
      { database: db.database },
    ),
  ]);
  return {
    ...calls,
    stages,
    lastCallAt: Math.max(0, calls.lastCallAt),
    lastFindingAt: Math.max(0, findings[0]?.at ?? 0),
    pendingDeliveries: deliveries.pending,
    failedDeliveries: deliveries.failed,
    bytes: size[0]?.bytes ?? 0,
    parts: size[0]?.parts ?? 0,
  };
}
