import { pino } from 'pino';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { metricRows, startMetricSampler } from './stage-metrics.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

function measuring() {
  const registry = new Registry();
  const registers = [registry];
  const help = 'for a test';
  return {
    registry,
    refused: new Counter({
      ...{ name: 'tokenwatch_collector_refused_total', help, registers },
      labelNames: ['reason'],
    }),
    queued: new Gauge({ name: 'tokenwatch_collector_queued_rows', help, registers }),
    tick: new Histogram({
      ...{ name: 'tokenwatch_detector_tick_seconds', help, registers, buckets: [0.1, 1] },
    }),
    foreign: new Counter({ name: 'somebody_elses_total', help, registers }),
  };
}

describe('metricRows', () => {
  it('keeps increases of counters and levels of gauges', async () => {
    const { registry, refused, queued, foreign } = measuring();
    refused.inc({ reason: 'too_large' }, 3);
    queued.set(7);
    foreign.inc();
    const first = metricRows(await registry.getMetricsAsJSON(), new Map());
    expect(first.rows).toEqual([
      { name: 'tokenwatch_collector_refused_total', labels: { reason: 'too_large' }, value: 3 },
      { name: 'tokenwatch_collector_queued_rows', labels: {}, value: 7 },
    ]);
    refused.inc({ reason: 'too_large' }, 2);
    const second = metricRows(await registry.getMetricsAsJSON(), first.counters);
    expect(second.rows.map((row) => row.value)).toEqual([2, 7]);
  });

  it('takes the buckets of a histogram apart', async () => {
    const { registry, tick } = measuring();
    [0.05, 0.05, 0.5, 4].forEach((seconds) => tick.observe(seconds));
    const { rows } = metricRows(await registry.getMetricsAsJSON(), new Map());
    const buckets = rows.filter((row) => row.name === 'tokenwatch_detector_tick_seconds_bucket');
    expect(buckets.map((row) => [row.labels['le'], row.value])).toEqual([
      ['0.1', 2],
      ['1', 1],
      ['+Inf', 1],
    ]);
    expect(rows.find((row) => row.name.endsWith('_sum'))?.value).toBeCloseTo(4.6);
  });
});

describe('startMetricSampler', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(async () => {
    await store.close();
  });

  it('writes one sample at once and a last one when it stops', async () => {
    const { registry, refused } = measuring();
    let at = NOON;
    refused.inc({ reason: 'no_key' });
    const sampler = startMetricSampler({
      ...{ db: store.db, registry, instance: 'up', stages: ['collector', 'detector'] },
      ...{ log: pino({ level: 'silent' }), now: () => at, everySeconds: 3_600 },
    });
    await expect
      .poll(() => store.db.query(`SELECT count() AS n FROM ${store.db.database}.stage_metrics`))
      .not.toEqual([{ n: 0 }]);
    at += 15_000;
    refused.inc({ reason: 'no_key' }, 4);
    await sampler.stop();
    const rows = await store.db.query(
      `SELECT toUnixTimestamp(at) - {from:UInt32} AS second, labels['reason'] AS reason, value
       FROM ${store.db.database}.stage_metrics
       WHERE name = 'tokenwatch_collector_refused_total' ORDER BY at`,
      { from: NOON / 1000 },
    );
    expect(rows).toEqual([
      { second: 0, reason: 'no_key', value: 1 },
      { second: 15, reason: 'no_key', value: 4 },
    ]);
    const [up] = await store.db.query<{ n: number }>(
      `SELECT uniq(labels['stage']) AS n FROM ${store.db.database}.stage_metrics
       WHERE name = 'tokenwatch_stage_up'`,
    );
    expect(up?.n).toBe(2);
  });
});
