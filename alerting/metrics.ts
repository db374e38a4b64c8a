import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

export interface AlertingMetrics {
  findings: Counter;
  decisions: Counter<'reason'>;
  attempts: Counter<'receiver' | 'outcome'>;
  attemptSeconds: Histogram<'receiver'>;
  /** From the first call behind an incident to its first alert, seconds. */
  alertSeconds: Histogram;
  incidents: Gauge;
  pending: Gauge<'receiver'>;
  failures: Counter;
}

/** The stage's metrics, all under `tokenwatch_alerting_`. */
export function createMetrics(registry: Registry): AlertingMetrics {
  const registers = [registry];
  const name = (rest: string): string => `tokenwatch_alerting_${rest}`;
  return {
    findings: new Counter({
      name: name('findings_total'),
      help: 'Findings folded into incidents',
      registers,
    }),
    decisions: new Counter({
      ...{ name: name('decisions_total'), help: 'Decisions to tell or to hold back, by reason' },
      ...{ labelNames: ['reason'] as const, registers },
    }),
    attempts: new Counter({
      ...{ name: name('attempts_total'), help: 'Attempts to deliver, by receiver and outcome' },
      ...{ labelNames: ['receiver', 'outcome'] as const, registers },
    }),
    attemptSeconds: new Histogram({
      ...{ name: name('attempt_seconds'), help: 'Duration of an attempt to deliver' },
      ...{
        labelNames: ['receiver'] as const,
        buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30],
        registers,
      },
    }),
    alertSeconds: new Histogram({
      ...{
        name: name('alert_seconds'),
        help: 'From the first call behind an incident to its first alert',
      },
      ...{ buckets: [1, 2, 5, 10, 30, 60, 300, 900, 3600], registers },
    }),
    incidents: new Gauge({
      name: name('incidents'),
      help: 'Incidents that are followed',
      registers,
    }),
    pending: new Gauge({
      ...{ name: name('pending_deliveries'), help: 'Deliveries that have not ended, by receiver' },
      ...{ labelNames: ['receiver'] as const, registers },
    }),
    failures: new Counter({
      name: name('failed_rounds_total'),
      help: 'Rounds that ended early, by an error',
      registers,
    }),
  };
}
