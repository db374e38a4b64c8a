import { defineDetection } from '../detection.ts';
import { bitsOfSilence } from '../pipeline/silence.ts';
import type { Expectation } from '../pipeline/silence.ts';
import { MONDAY } from '../values/example.ts';
import { count, inEnvironment, minutes, moment, odds, plural } from '../words.ts';

/** A service's reports in a window; epoch ms. */
export interface SilenceWindow {
  service: string;
  environment: string;
  calls: number;
  /** Length of the window, minutes, and its end. */
  minutes: number;
  to: number;
  /** Slot of the last call. */
  last: number;
}

/** "Hardly any": so much of what is expected. */
const HARDLY = 0.02;

const silent: SilenceWindow = {
  ...{ service: 'payments', environment: 'production', calls: 0 },
  ...{ minutes: 15, to: MONDAY + 900_000, last: MONDAY - 300_000 },
};

/** A service that should be reporting calls reports none. */
export const pipelineSilent = defineDetection<SilenceWindow, Expectation>({
  id: 'pipeline.silent',
  title: 'A service went silent',
  family: 'pipeline',
  severity: 'high',
  owasp: ['API9:2023'],
  attack: ['T1562.008'],
  parameters: { bits: 20 },
  blindSpots: [
    'Services younger than eight days, and those that send less than some twenty calls in six hours.',
    'A service that ends what little it does on days that were quiet in one of the last weeks.',
    'A public holiday looks like silence where a service usually never rests.',
  ],
  runbook: [
    'See whether the service is up and takes requests: its own dashboards, its load balancer.',
    'If it is, its telemetry is cut off: look at its exporter, its sender key and the way to the collector.',
    'Who switched it off, and when? What happened since is not watched: read its access logs.',
  ],
  detect: (window, usual, { bits: threshold = 20 }) => {
    if (window.calls > HARDLY * usual.mean) return null;
    const bits = bitsOfSilence(window.calls, usual);
    if (bits <= threshold) return null;
    const where = inEnvironment(window.environment);
    return {
      bits,
      thresholdBits: threshold,
      value: window.environment,
      explanation:
        `${window.service}${where} reported ${plural(window.calls, 'call')} in ${minutes(window.minutes)}, the last at ` +
        `about ${moment(window.last)}; usual at this hour of the week are ${count(usual.mean)} ` +
        `(${plural(usual.weeks, 'week')} known); by chance ${odds(bits)}, quiet up to ${odds(threshold)}.`,
      evidence: {
        ...(window.environment === '' ? {} : { value: window.environment }),
        ...{ seen: window.calls, usual: count(usual.mean), threshold: 0 },
        unit: `calls in ${minutes(window.minutes)}`,
        facts: { last_report: moment(window.last), weeks_known: usual.weeks },
      },
      // From its last calls on: they say which service and environment it was.
      windowStart: Math.min(window.last, window.to - 60_000 * window.minutes),
      windowEnd: window.to,
    };
  },
  examples: {
    quiet: [
      {
        name: 'a few calls fewer',
        window: { ...silent, calls: 40 },
        baseline: { mean: 100, size: 16, weeks: 4 },
      },
      { name: 'never busy', window: silent, baseline: { mean: 8, size: 16, weeks: 4 } },
      { name: 'one week known', window: silent, baseline: { mean: 60, size: 4, weeks: 1 } },
    ],
    firing: [
      { name: 'nothing', window: silent, baseline: { mean: 100, size: 16, weeks: 4 } },
      {
        name: 'hardly anything',
        window: { ...silent, calls: 9, minutes: 60, last: MONDAY + 600_000 },
        baseline: { mean: 900, size: 12, weeks: 3 },
      },
    ],
  },
});
