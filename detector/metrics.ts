import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** What the detector counts. */
export interface DetectorMetrics {
  tickSeconds: Histogram;
  prepareSeconds: Histogram;
  findings: Counter<'detection'>;
  failures: Counter<'step'>;
  lagSeconds: Gauge;
  knownTokens: Gauge;
  owedLooks: Gauge;
  givenUp: Gauge;
  shard: Gauge<'shard'>;
  silentSeconds: Gauge<'shard'>;
}

/** What concerns the sharing of tokens among several detectors. */
function createShardMetrics(registry: Registry): Pick<DetectorMetrics, 'shard' | 'silentSeconds'> {
  const common = { labelNames: ['shard'] as const, registers: [registry] };
  return {
    shard: new Gauge({
      name: 'tokenwatch_detector_shard',
      help: 'Which part of the tokens this detector judges: 1 for its shard',
      ...common,
    }),
    silentSeconds: new Gauge({
      name: 'tokenwatch_detector_shard_silent_seconds',
      help: 'How long ago the other detectors that share the tokens last looked, as this one sees it',
      ...common,
    }),
  };
}

/** Registers the detector's metrics. */
export function createMetrics(registry: Registry): DetectorMetrics {
  const registers = [registry];
  return {
    tickSeconds: new Histogram({
      name: 'tokenwatch_detector_tick_seconds',
      help: 'Time that one look at new calls takes',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    prepareSeconds: new Histogram({
      name: 'tokenwatch_detector_prepare_seconds',
      help: 'Time that learning and writing the expectations of an hour takes',
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300],
      registers,
    }),
    findings: new Counter({
      name: 'tokenwatch_detector_findings_total',
      help: 'Findings written, by detection',
      labelNames: ['detection'],
      registers,
    }),
    failures: new Counter({
      name: 'tokenwatch_detector_failures_total',
      help: 'Looks that failed and are repeated, by step',
      labelNames: ['step'],
      registers,
    }),
    lagSeconds: new Gauge({
      name: 'tokenwatch_detector_lag_seconds',
      help: 'How far behind the arrival of calls the last look ended',
      registers,
    }),
    knownTokens: new Gauge({
      name: 'tokenwatch_detector_known_tokens',
      help: 'Tokens with a baseline of their own',
      registers,
    }),
    owedLooks: new Gauge({
      name: 'tokenwatch_detector_owed_looks',
      help: 'Minutes and pages of values that were too much for one look and are owed to the next',
      registers,
    }),
    givenUp: new Gauge({
      name: 'tokenwatch_detector_looks_given_up',
      help: 'Looks that were never taken since the start, because too many were owed',
      registers,
    }),
    ...createShardMetrics(registry),
  };
}
