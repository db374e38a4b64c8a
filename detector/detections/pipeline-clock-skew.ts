import { dueNotice } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural, span } from '../words.ts';

/** How calls of a service were dated; epoch ms. */
export interface SkewWindow {
  service: string;
  calls: number;
  /** Median of arrival minus event time, ms. */
  lag: number;
  /** How far lags lie apart, from the 10th to the 90th percentile, ms. */
  spread: number;
  /** Calls of the day dated so far off that their time of arrival was kept instead. */
  redated: number;
  /** Whether those were dated in the future. */
  kind: 'future' | 'past';
  first: number;
  last: number;
}

/** The median lag of all services, ms: what is late with all of them is no clock. */
interface OthersLag {
  lag: number;
}

const ahead: SkewWindow = {
  ...{ service: 'payments', calls: 300, lag: -45_000, spread: 900 },
  ...{ redated: 0, kind: 'future' },
  ...{ first: MONDAY, last: MONDAY + 300_000 },
};

/** Calls that are late by so different times are history that is sent now, ms: a clock is wrong for all alike. */
const HISTORY_MS = 5_400_000;

/** A service's clock is wrong: its calls count in other minutes than they happened in. */
export const pipelineClockSkew = defineDetection<SkewWindow, OthersLag>({
  id: 'pipeline.clock-skew',
  title: "A service's clock is wrong",
  family: 'pipeline',
  severity: 'medium',
  owasp: ['API9:2023'],
  attack: ['T1070.006'],
  parameters: { ahead_seconds: 10, behind_seconds: 300, calls: 30, redated: 20 },
  blindSpots: [
    'One of many instances with a wrong clock, unless it is so far ahead that its calls are kept at arrival.',
    'A clock that is less than five minutes behind: calls wait that long in exporters.',
    'Calls that are late with all services: then it is the way here, not a clock.',
    'A clock that is behind while its service also sends the history of hours.',
  ],
  runbook: [
    'See the clock of its hosts: chronyc tracking, or timedatectl.',
    'If the clock is right, its telemetry waits somewhere: a queue, a file that is shipped by the hour.',
    'Until then times of its findings are off by as much, and expired tokens may be accepted there.',
  ],
  detect: (window, usual, parameters) => {
    const { ahead_seconds = 10, behind_seconds = 300, calls = 30, redated = 20 } = parameters;
    const off = window.redated >= redated;
    const lag = window.lag - Math.max(0, usual.lag);
    const isAhead = window.lag < -1000 * ahead_seconds;
    const isBehind = lag > 1000 * behind_seconds && window.spread < HISTORY_MS;
    if (!off && (window.calls < calls || !(isAhead || isBehind))) return null;
    const value = off ? window.kind : isAhead ? 'ahead' : 'behind';
    const explanation = off
      ? `${plural(window.redated, 'call')} of ${window.service} today ${window.redated === 1 ? 'was' : 'were'} dated too far in the ` +
        `${window.kind}, and kept with the time of arrival (of ${count(Math.max(window.calls, window.redated))}); ` +
        `usual are none, quiet up to ${count(redated - 1)}.`
      : `Half of ${plural(window.calls, 'call')} of ${window.service} were dated ${span(Math.abs(window.lag))} or more ` +
        `${isAhead ? 'after' : 'before'} they arrived; usual are ${span(Math.max(0, usual.lag))}, quiet up to ` +
        `${span(1000 * (isAhead ? ahead_seconds : behind_seconds))}.`;
    return dueNotice({
      value,
      explanation,
      seen: off ? window.redated : Math.round(Math.abs(window.lag) / 1000),
      usual: off ? 'none' : 'a few seconds before arrival',
      threshold: off ? redated - 1 : isAhead ? ahead_seconds : behind_seconds,
      unit: off ? 'calls kept at arrival' : 'seconds, median',
      facts: { calls: window.calls },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      { name: 'exported every 5 s', window: { ...ahead, lag: 4_000 }, baseline: { lag: 3_000 } },
      {
        name: 'late with all services',
        window: { ...ahead, lag: 900_000 },
        baseline: { lag: 880_000 },
      },
      {
        name: 'the history of two days, sent at once',
        window: { ...ahead, lag: 90_000_000, spread: 130_000_000 },
        baseline: { lag: 0 },
      },
      { name: 'few calls', window: { ...ahead, calls: 12 }, baseline: { lag: 0 } },
    ],
    firing: [
      { name: 'ahead', window: ahead, baseline: { lag: 2_000 } },
      { name: 'an hour behind', window: { ...ahead, lag: 3_600_000 }, baseline: { lag: 2_000 } },
      { name: 'far ahead', window: { ...ahead, lag: 1_000, redated: 250 }, baseline: { lag: 900 } },
    ],
  },
});
