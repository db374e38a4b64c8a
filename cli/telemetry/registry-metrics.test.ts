import { DataPointType } from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { registryMetrics } from './registry-metrics.ts';

it('gives counters, gauges and histograms as they are, buckets by their own part', async () => {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['step'];
  const counter = new Counter({ name: 'seen_total', help: 'Seen', labelNames, registers });
  counter.inc({ step: 'a' }, 3);
  new Gauge({ name: 'owed', help: 'Owed', registers }).set(7);
  const seconds = new Histogram({
    ...{ name: 'took_seconds', help: 'Took', labelNames, registers },
    buckets: [0.1, 1],
  });
  for (const value of [0.05, 0.5, 0.6, 9]) seconds.observe({ step: 'b' }, value);
  let at = 1_700_000_000_250;
  const producer = registryMetrics(registry, () => (at += 1_000));
  const { resourceMetrics } = await producer.collect();
  const [seen, owed, took] = resourceMetrics.scopeMetrics[0]?.metrics ?? [];
  expect(seen).toMatchObject({ dataPointType: DataPointType.SUM, isMonotonic: true });
  expect(seen?.dataPoints).toMatchObject([{ value: 3, attributes: { step: 'a' } }]);
  expect(seen?.dataPoints[0]?.startTime).toEqual([1_700_000_001, 250_000_000]);
  expect(seen?.dataPoints[0]?.endTime).toEqual([1_700_000_002, 250_000_000]);
  expect(owed?.dataPoints).toMatchObject([{ value: 7, attributes: {} }]);
  expect(took?.dataPoints).toMatchObject([
    {
      attributes: { step: 'b' },
      value: { buckets: { boundaries: [0.1, 1], counts: [1, 2, 1] }, count: 4 },
    },
  ]);
});
