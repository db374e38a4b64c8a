import type { Registry } from 'prom-client';
import type { Logger } from '../config/logger.ts';
import type { Db } from './db.ts';
import { TABLES } from './tables.ts';

/** One row of `stage_metrics`. */
export interface MetricRow {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface MetricSamplerOptions {
  db: Db;
  registry: Registry;
  /** The process: `up`, `collector`, `detector-2`, ... */
  instance: string;
  /** The stages that run in it: each is reported as alive (`tokenwatch_stage_up`). */
  stages: readonly string[];
  log: Logger;
  /** Epoch ms. */
  now: () => number;
  /** Seconds between two samples; 15 by default. */
  everySeconds?: number;
}

interface MetricJson {
  name: string;
  type: unknown;
  values: { metricName?: string; labels: Record<string, unknown>; value: number }[];
}

/** Rows that one sample may have; more series than that are a fault of their own. */
const MAX_ROWS = 2_000;
/** Of the process itself, what a dashboard shows. */
const OF_THE_PROCESS = ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'];

function textLabels(labels: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}

function seriesKey(row: MetricRow): string {
  const labels = Object.entries(row.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([row.name, labels]);
}

/** Prometheus buckets count everything up to their bound; here each counts its own part. */
function ownParts(rows: MetricRow[]): MetricRow[] {
  const bySeries = new Map<string, MetricRow[]>();
  for (const row of rows) {
    const { le: _bound, ...labels } = row.labels;
    const key = seriesKey({ ...row, labels });
    const series = bySeries.get(key) ?? [];
    series.push(row);
    bySeries.set(key, series);
  }
  const bound = (row: MetricRow): number =>
    row.labels['le'] === '+Inf' ? Infinity : Number(row.labels['le']);
  return [...bySeries.values()].flatMap((series) => {
    const sorted = series.toSorted((a, b) => bound(a) - bound(b));
    return sorted.map((row, n) => ({ ...row, value: row.value - (sorted[n - 1]?.value ?? 0) }));
  });
}

/**
 * What a registry measured since the sample before.
 *
 * @param previous the counters of the sample before, by series; empty at the start of the process
 * @returns rows of `stage_metrics`, and the counters for the next call
 */
export function metricRows(
  metrics: readonly MetricJson[],
  previous: ReadonlyMap<string, number>,
): { rows: MetricRow[]; counters: Map<string, number> } {
  const rows: MetricRow[] = [];
  const counters = new Map<string, number>();
  for (const metric of metrics) {
    if (!metric.name.startsWith('tokenwatch_') && !OF_THE_PROCESS.includes(metric.name)) continue;
    const series = metric.values.map((sample) => ({
      name: sample.metricName ?? metric.name,
      labels: textLabels(sample.labels),
      value: sample.value,
    }));
    if (metric.type !== 'counter' && metric.type !== 'histogram') {
      rows.push(...series.filter((row) => Number.isFinite(row.value)));
      continue;
    }
    const buckets = series.filter((row) => row.name.endsWith('_bucket'));
    for (const row of [
      ...series.filter((other) => !buckets.includes(other)),
      ...ownParts(buckets),
    ]) {
      const key = seriesKey(row);
      const increase = row.value - (previous.get(key) ?? 0);
      counters.set(key, row.value);
      if (increase > 0) rows.push({ ...row, value: increase });
    }
  }
  return { rows: rows.slice(0, MAX_ROWS), counters };
}

/**
 * Keeps a process's metrics in `stage_metrics`, for dashboards and their alert rules. A sample that
 * cannot be written is logged; its increases are in the next one.
 *
 * @returns how to end it; a last sample is written then
 */
export function startMetricSampler(options: MetricSamplerOptions): { stop: () => Promise<void> } {
  const { db, registry, instance, stages, log, now } = options;
  let previous = new Map<string, number>();
  let running: Promise<void> | null = null;
  const sample = async (): Promise<void> => {
    try {
      const at = Math.floor(now() / 1000);
      const { rows, counters } = metricRows(await registry.getMetricsAsJSON(), previous);
      const alive = stages.map((stage) => ({
        name: 'tokenwatch_stage_up',
        labels: { stage },
        value: 1,
      }));
      await db.insert(
        TABLES.stageMetrics,
        [...alive, ...rows].map((row) => ({ ...row, at, instance })),
      );
      previous = counters;
    } catch (error) {
      log.warn({ err: error }, 'the metrics of this process could not be kept');
    }
  };
  const next = async (): Promise<void> => {
    running ??= sample().finally(() => {
      running = null;
    });
    return running;
  };
  void next();
  const timer = setInterval(() => void next(), (options.everySeconds ?? 15) * 1_000);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
      await next();
    },
  };
}
