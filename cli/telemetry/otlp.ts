import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Sampler } from '@opentelemetry/sdk-trace';
import type { Registry } from 'prom-client';
import type { TelemetryConfig } from '../../config/telemetry.ts';
import type { ReportSpan } from '../../store/stage.ts';
import { registryMetrics } from './registry-metrics.ts';

/** How long one export may take, and the last ones when the process ends, ms. */
const PATIENCE = 5_000;
const LAST = 2_000;
/** Spans that wait; beyond it they are dropped. */
const MOST_SPANS = 2_048;
/** Of these there are as many as requests. */
const FREQUENT = new Set(['collector.export', 'console.request']);

export interface OwnTelemetry {
  name: string;
  reportSpan: ReportSpan;
  stop: () => Promise<void>;
}

function samplerOf(ratio: number): Sampler {
  const [some, all] = [new TraceIdRatioBasedSampler(ratio), new AlwaysOnSampler()];
  return {
    shouldSample: (context, traceId, name) =>
      FREQUENT.has(name) ? some.shouldSample(context, traceId) : all.shouldSample(),
    toString: () => `tokenwatch{${String(ratio)}}`,
  };
}

/**
 * Reports this process's own traces and metrics by OTLP. Nothing of it is global, so that services
 * in the same process (the example bank) keep theirs. Spans are internal, never those of a server: a
 * collector of ours that they are sent to keeps no call of them. An endpoint that is away costs a
 * bounded queue, and nothing else.
 *
 * @param now epoch ms
 * @returns null where `telemetry.otlp_endpoint` is not set
 */
export function startOwnTelemetry(
  config: TelemetryConfig,
  { registry, stage, now }: { registry: Registry; stage: string; now: () => number },
): OwnTelemetry | null {
  const { otlp_endpoint: endpoint, otlp_key: key } = config;
  if (endpoint === undefined) return null;
  const exporterTo = (path: string) => ({
    url: `${endpoint.replace(/\/$/, '')}${path}`,
    headers: key === undefined ? {} : { Authorization: `Bearer ${key.reveal()}` },
    timeoutMillis: PATIENCE,
  });
  const resource = resourceFromAttributes({
    'service.name': `tokenwatch-${stage}`,
    'service.namespace': 'tokenwatch',
    'service.instance.id': `${hostname()}-${String(process.pid)}`,
  });
  const exporter = new OTLPTraceExporter(exporterTo('/v1/traces'));
  const tracers = new TracerProvider({
    ...{ resource, sampler: samplerOf(config.otlp_ratio) },
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: MOST_SPANS })],
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(exporterTo('/v1/metrics')),
    exportIntervalMillis: config.otlp_every_seconds * 1000,
    exportTimeoutMillis: Math.min(PATIENCE, config.otlp_every_seconds * 1000),
    metricProducers: [registryMetrics(registry, now)],
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const tracer = tracers.getTracer('tokenwatch');
  return {
    name: 'telemetry',
    reportSpan({ name, seconds, attributes, failed = false }) {
      const end = now();
      const startTime = end - 1000 * seconds;
      const options = { kind: SpanKind.INTERNAL, root: true, startTime, attributes };
      const span = tracer.startSpan(name, options);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(end);
    },
    async stop() {
      const ended = Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
      await Promise.race([ended, delay(LAST, undefined, { ref: false })]);
    },
  };
}
