import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { moment, plural, span } from '../words.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** A token that is used again; epoch ms. */
export interface AwakeningWindow {
  /** The end of its last active hour before. */
  asleepSince: number;
  time: number;
  calls: number;
}

/** A token nobody used for a long time is used again. */
export const lifecycleDormantActive = defineDetection<AwakeningWindow, { dormantAfter: number }>({
  id: 'lifecycle.dormant-active',
  title: 'Dormant token in use again',
  family: 'lifecycle',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1078.004'],
  parameters: {},
  blindSpots: [
    'Tokens that have not been used since tokenwatch watches: import their history.',
    'Jobs that run once a quarter: mark the first as a false positive, or lengthen dormant_after.',
  ],
  runbook: [
    'Ask the owner whether the token is theirs to use: forgotten tokens are found by thieves first.',
    'Compare network and agent with those of its last use; if they differ, revoke it.',
  ],
  detect: (window, { dormantAfter }) => {
    const asleep = window.time - window.asleepSince;
    if (dormantAfter === 0 || asleep < dormantAfter) return null;
    return certainly({
      value: new Date(window.time).toISOString().slice(0, 10),
      explanation:
        `Used again after ${span(asleep)} of silence (last in the hour before ` +
        `${moment(window.asleepSince)}), ${plural(window.calls, 'call')} so far; ` +
        `tokens unused for ${span(dormantAfter)} usually stay so.`,
      seen: Math.floor(asleep / DAY_MS),
      usual: `in use at least every ${span(dormantAfter)}`,
      unit: 'days unused',
      threshold: Math.round(dormantAfter / DAY_MS),
      facts: { last_used_before: moment(window.asleepSince) },
      from: window.time,
      to: window.time + 300_000,
    });
  },
  examples: {
    quiet: [
      {
        name: 'after a holiday',
        window: { asleepSince: MONDAY - 14 * DAY_MS, time: MONDAY, calls: 3 },
        baseline: { dormantAfter: 30 * DAY_MS },
      },
    ],
    firing: [
      {
        name: 'after half a year',
        window: { asleepSince: MONDAY - 180 * DAY_MS, time: MONDAY, calls: 1 },
        baseline: { dormantAfter: 30 * DAY_MS },
      },
    ],
  },
});
