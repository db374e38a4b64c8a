import type { MixPast } from '../../store/detection/mixes.ts';
import { defineDetection } from '../detection.ts';
import { fewestToShift } from '../mix/shift.ts';
import type { Shift } from '../mix/shift.ts';
import { DESK, hourOfDesk } from '../mix/example.ts';
import { MONDAY } from '../values/example.ts';
import { HOUR_MS } from '../volume/calendar.ts';
import { count, odds, percent, plural } from '../words.ts';

/** A day of a token; epoch ms. */
export interface DripWindow {
  from: number;
  to: number;
  /** How far its hours were above what was expected, added up: standard deviations (a one-sided CUSUM). */
  deviations: number;
  /** What it called more of than usual. */
  shift: Shift;
}

export interface DripBaseline {
  past: MixPast;
  /** Bits above which to fire, from the installation's own history; else the parameter counts. */
  threshold?: number;
}

const day = (calls: number, of: number, deviations = 14): DripWindow => ({
  ...{ from: MONDAY - 23 * HOUR_MS, to: MONDAY + HOUR_MS, deviations },
  shift: hourOfDesk(calls, of),
});

/** A token calls a little more than usual for hours on end, and one thing above all. */
export const volumeDrip = defineDetection<DripWindow, DripBaseline>({
  id: 'volume.drip',
  title: 'A slow drip of calls',
  family: 'volume',
  severity: 'medium',
  owasp: ['API6:2023', 'API4:2023'],
  attack: ['T1029', 'T1119', 'T1530'],
  parameters: { bits: 14, deviations: 8 },
  blindSpots: [
    'A drip that spreads over the routes as the token itself does: it looks like growth.',
    'A drip of a few hours, or so small that it drowns in how the days differ.',
    'It is judged by the hour, three hours late.',
  ],
  runbook: [
    'See on the token’s page since when its hours lie above the band, also at times when it used to rest.',
    'See what the route returns, and from where the additional calls come: who shares the token?',
    'If the client cannot say what has called more since then, revoke the token.',
  ],
  detect: ({ from, to, deviations, shift }, baseline, parameters) => {
    const { bits, route, calls, of } = shift;
    const threshold = baseline.threshold ?? parameters['bits'] ?? 14;
    const least = parameters['deviations'] ?? 8;
    if (!(bits > threshold) || deviations < least) return null;
    const quiet = fewestToShift(shift, { past: baseline.past }, threshold) - 1;
    const { active } = baseline.past;
    return {
      bits,
      thresholdBits: threshold,
      value: route,
      explanation:
        `More calls than expected, hour after hour: ${count(Math.round(10 * deviations) / 10)} standard deviations ` +
        `added up, usual are fewer than ${count(least)}; and ${route} made up ${count(calls)} of ` +
        `${plural(of, 'call')} within 24 h, usual is ${percent(shift.usual)} of its calls (over ` +
        `${plural(Math.round(active), 'active hour')}). Such a day comes ${odds(bits)} times by chance; it would ` +
        `have stayed quiet up to ${count(quiet)} calls to the route.`,
      evidence: {
        value: route,
        seen: calls,
        usual: percent(shift.usual),
        threshold: quiet,
        unit: 'calls to the route in 24 h',
        facts: {
          calls_24_h: of,
          standard_deviations: Math.round(10 * deviations) / 10,
          active_hours: Math.round(active),
        },
        ...(active < 48 ? { unknown: ['less than 48 active hours are known'] } : {}),
      },
      windowStart: from,
      windowEnd: to,
    };
  },
  examples: {
    quiet: [
      { name: 'growth: more of the same', window: day(300, 900), baseline: { past: DESK } },
      {
        name: 'another mix at the usual volume',
        window: day(500, 900, 3),
        baseline: { past: DESK },
      },
    ],
    firing: [
      {
        name: 'two thirds more calls, all for statements',
        window: day(560, 900),
        baseline: { past: DESK },
      },
    ],
  },
});
