import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { HOUR_MS, MINUTE_MS } from '../volume/calendar.ts';
import { beyondBits, callsFor, recordBits, recordOf } from '../volume/record.ts';
import type { BesideRecord, BusiestHours } from '../volume/record.ts';
import { count, odds, plural } from '../words.ts';

/** The trailing 60 minutes of a token. */
export interface RecordWindow {
  /** Beginning of the last minute, epoch ms. */
  minute: number;
  calls: number;
}

export interface RecordBaseline extends BesideRecord {
  /** 99th percentile of the client's other tokens in the window, once it is known. */
  peers?: number;
  threshold?: number;
}

const steady: BusiestHours = { top: [92, 88, 85, 84, 80, 79], active: 300 };

/** A token makes far more calls within an hour than in any hour of the last four weeks. */
export const volumeRecord = defineDetection<RecordWindow, RecordBaseline>({
  id: 'volume.record',
  title: 'More calls within an hour than ever before',
  family: 'volume',
  severity: 'high',
  owasp: ['API4:2023', 'API6:2023'],
  attack: ['T1530', 'T1119'],
  parameters: { bits: 28 },
  blindSpots: [
    'An exfiltration that stays below the busiest hour of the last four weeks.',
    'Tokens whose hours differ by orders of magnitude: their next record is expected.',
    'Tokens with few active hours are judged leniently.',
  ],
  runbook: [
    'See which routes and how many objects the calls touched: reads of many objects are an exfiltration until shown otherwise.',
    'Ask the client whether a batch, a migration or a retry loop was started.',
    'If nobody claims it, revoke the token and list what it read since the first call.',
  ],
  detect: (window, baseline, parameters) => {
    const { hours, move } = baseline;
    const bits = beyondBits(window.calls, baseline);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 28;
    if (!(bits > threshold)) return null;
    const low = hours.top.at(-1) ?? 0;
    const high = recordOf(hours);
    const quiet = callsFor(threshold, baseline) - 1;
    const peers =
      baseline.peers === undefined ? '' : `; peers' 99th percentile ${count(baseline.peers)}`;
    return {
      bits,
      thresholdBits: threshold,
      value: '',
      explanation:
        `${plural(window.calls, 'call')} within 60 min; usual in its busiest hours of 28 days is ` +
        `${count(low)}–${count(high)} (of ${plural(hours.active, 'active hour')})${peers}. ` +
        `By chance this happens in ${odds(recordBits(window.calls, hours, move))} active hours, and at any ` +
        `time in ${odds(bits)}; it would have stayed quiet up to ${count(quiet)}.`,
      evidence: {
        seen: window.calls,
        usual: { low, high },
        threshold: quiet,
        unit: 'calls in 1 h, beside the busiest hours',
        ...(baseline.peers === undefined ? {} : { peers: baseline.peers }),
        facts: { active_hours: hours.active, busiest_hours: [...hours.top] },
        ...(hours.active < 48 ? { unknown: ['less than 48 active hours are known'] } : {}),
      },
      windowStart: window.minute + MINUTE_MS - HOUR_MS,
      windowEnd: window.minute + MINUTE_MS,
    };
  },
  examples: {
    quiet: [
      {
        name: 'a record by a third',
        window: { minute: MONDAY, calls: 122 },
        baseline: { hours: steady, move: 1 },
      },
      {
        name: 'a token whose hours differ wildly',
        window: { minute: MONDAY, calls: 900 },
        baseline: { hours: { top: [400, 120, 45, 30, 12, 9], active: 60 }, move: 1 },
      },
      {
        name: 'the whole client moves',
        window: { minute: MONDAY, calls: 400 },
        baseline: { hours: steady, move: 4 },
      },
      {
        name: 'twice its busiest hour, when it is always busy',
        window: { minute: MONDAY, calls: 190 },
        baseline: { hours: steady, move: 1, calendarBits: () => 7 },
      },
    ],
    firing: [
      {
        name: 'twice its busiest hour, at night',
        window: { minute: MONDAY, calls: 190 },
        baseline: { hours: steady, move: 1, calendarBits: () => 19 },
      },
      {
        name: 'fifteen times the busiest hour, at whatever time',
        window: { minute: MONDAY, calls: 1380 },
        baseline: { hours: steady, move: 1 },
      },
    ],
  },
});
