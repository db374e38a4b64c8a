import { defineDetection } from '../detection.ts';
import { DESK, hourOfDesk } from '../mix/example.ts';
import { fetchingBits, fewestToShift } from '../mix/shift.ts';
import type { BesideMix, Shift } from '../mix/shift.ts';
import { MONDAY } from '../values/example.ts';
import { MINUTE_MS } from '../volume/calendar.ts';
import { count, odds, percent, plural } from '../words.ts';

/** What a token called most within 60 minutes, beyond its usual share. */
export interface MixShiftWindow {
  /** Beginning of the last minute, epoch ms. */
  minute: number;
  shift: Shift;
  /** Beginning of the minute since which the route has had more than its share, epoch ms. */
  since: number;
}

export interface MixShiftBaseline extends BesideMix {
  /** Bits above which to fire, from the installation's own history; else the parameter counts. */
  threshold?: number;
}

const seen = (calls: number, of: number): MixShiftWindow => ({
  minute: MONDAY,
  since: MONDAY - 20 * MINUTE_MS,
  shift: hourOfDesk(calls, of),
});

/** A token that calls more than usual calls one thing above all: data is being fetched. */
export const scopeMixShift = defineDetection<MixShiftWindow, MixShiftBaseline>({
  id: 'scope.mix-shift',
  title: 'Calls shifted to one route',
  family: 'scope',
  severity: 'medium',
  owasp: ['API6:2023', 'API4:2023'],
  attack: ['T1119', 'T1530'],
  parameters: { bits: 19 },
  blindSpots: [
    'Only looked at while a token makes more calls than usual: a thief who stays within its volume shifts the mix unseen.',
    'Fewer than eight calls to one route within an hour, and routes that the token has used for less than three days.',
    'Tokens whose hours differ in what they call: the shift is expected of them.',
  ],
  runbook: [
    'See what the route returns, and how many objects were read: data that nobody needs so often is being fetched.',
    'Ask the client whether a report, an export or a retry loop was started.',
    'If nobody claims it, revoke the token and list what it read since the first call.',
  ],
  detect: ({ minute, shift, since }, baseline, parameters) => {
    const { route, calls, of } = shift;
    const bits = fetchingBits(shift.bits, baseline.volumeBits?.(0) ?? 0);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 19;
    if (!(bits > threshold)) return null;
    const quiet = fewestToShift(shift, baseline, threshold) - 1;
    const { active } = baseline.past;
    return {
      bits,
      thresholdBits: threshold,
      value: route,
      explanation:
        `${route} made up ${count(calls)} of ${plural(of, 'call')} within 60 min, while the token called more ` +
        `than usual; usual is ${percent(shift.usual)} of its calls (over ${plural(Math.round(active), 'active hour')}). ` +
        `By chance both happen in ${odds(bits)} active hours; it would have stayed quiet up to ${count(quiet)}.`,
      evidence: {
        value: route,
        seen: calls,
        usual: percent(shift.usual),
        threshold: quiet,
        unit: 'calls to the route in 60 min',
        facts: {
          calls_1_h: of,
          active_hours: Math.round(active),
          bits_of_share: Math.round(shift.bits),
          bits_of_volume: Math.round(bits - shift.bits),
        },
        ...(active < 48 ? { unknown: ['less than 48 active hours are known'] } : {}),
      },
      windowStart: since,
      windowEnd: minute + MINUTE_MS,
    };
  },
  examples: {
    quiet: [
      { name: 'a busy hour of the usual', window: seen(60, 150), baseline: { past: DESK } },
      { name: 'half of it, once', window: seen(20, 40), baseline: { past: DESK } },
    ],
    firing: [{ name: 'nothing but statements', window: seen(140, 140), baseline: { past: DESK } }],
  },
});
