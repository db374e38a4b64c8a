import { ValueType } from '@opentelemetry/api';
import type { HrTime } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { CollectionResult, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';

interface Sample {
  metricName?: string;
  labels: Record<string, unknown>;
  value: number;
}

interface Metric {
  name: string;
  help: string;
  type: unknown;
  values: Sample[];
}

interface Span {
  startTime: HrTime;
  endTime: HrTime;
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

function labelsOf(labels: Record<string, unknown>): Record<string, string> {
  const kept = Object.entries(labels).filter(([key]) => key !== 'le');
  return Object.fromEntries(kept.map(([key, value]) => [key, String(value)]));
}

/** One series of a histogram: Prometheus counts everything up to a bound, OTLP each part of it. */
function histogramPoint(samples: readonly Sample[], name: string, span: Span) {
  const of = (suffix: string): number =>
    samples.find((one) => one.metricName === `${name}_${suffix}`)?.value ?? 0;
  const buckets = samples
    .filter((one) => one.metricName === `${name}_bucket` && one.labels['le'] !== '+Inf')
    .map(({ labels, value }) => ({ bound: Number(labels['le']), value }))
    .sort((a, b) => a.bound - b.bound);
  const upTo = [...buckets.map(({ value }) => value), of('count')];
  return {
    ...span,
    attributes: labelsOf(samples[0]?.labels ?? {}),
    value: {
      buckets: {
        boundaries: buckets.map(({ bound }) => bound),
        counts: upTo.map((value, n) => value - (upTo[n - 1] ?? 0)),
      },
      ...{ sum: of('sum'), count: of('count') },
    },
  };
}

function dataOf({ name, help, type, values }: Metric, span: Span): MetricData[] {
  const base = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (type === 'histogram') {
    const series = Map.groupBy(values, ({ labels }) => JSON.stringify(labelsOf(labels)));
    const dataPoints = [...series.values()].map((one) => histogramPoint(one, name, span));
    return [{ ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
  }
  const dataPoints = values.map(({ labels, value }) => ({
    ...{ ...span, attributes: labelsOf(labels), value },
  }));
  if (type === 'counter')
    return [{ ...base, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: true }];
  // Summaries have no place in OTLP that its SDK would write; there are none of ours.
  return type === 'gauge' ? [{ ...base, dataPointType: DataPointType.GAUGE, dataPoints }] : [];
}

/**
 * What a Prometheus registry holds, as OpenTelemetry's metrics: the same names, labels and values.
 *
 * @param now epoch ms
 */
export function registryMetrics(registry: Registry, now: () => number): MetricProducer {
  const startTime = hrTime(now());
  return {
    async collect(): Promise<CollectionResult> {
      const metrics = (await registry.getMetricsAsJSON()) as Metric[];
      const span = { startTime, endTime: hrTime(now()) };
      const scopeMetrics = [
        {
          scope: { name: 'tokenwatch' },
          metrics: metrics.flatMap((metric) => dataOf(metric, span)),
        },
      ];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}
