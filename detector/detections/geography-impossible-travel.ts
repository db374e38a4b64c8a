import { defineDetection } from '../detection.ts';
import { alternationBits } from '../geography/travel.ts';
import type { Switch } from '../geography/travel.ts';
import { MONDAY } from '../values/example.ts';
import { count, country, odds, plural } from '../words.ts';

/** The impossible switches of a token in an hour. */
export interface TravelWindow {
  /** In order of time; at least one. */
  switches: readonly Switch[];
  /** Event time, epoch ms, [start, end). */
  start: number;
  end: number;
}

export interface TravelBaseline {
  /** Impossible switches in the past, and the active hours they fell in. */
  past: number;
  activeHours: number;
  threshold?: number;
}

const there = {
  from: 'DE',
  to: 'SG',
  left: MONDAY,
  arrived: MONDAY + 60_000,
  km: 9_600,
  kmh: 576_000,
};
const back = { ...there, from: 'SG', to: 'DE', left: MONDAY + 60_000, arrived: MONDAY + 120_000 };

/** A token’s calls alternate between places too far apart for one party. */
export const geographyImpossibleTravel = defineDetection<TravelWindow, TravelBaseline>({
  id: 'geography.impossible-travel',
  title: 'Calls from places too far apart',
  family: 'geography',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1078.004', 'T1550.001'],
  parameters: { bits: 12 },
  blindSpots: [
    'Thieves in or next to the token’s own country.',
    'Tokens that several sites share: their own rate of switches excuses them.',
    'Known VPNs and relays do not count as places.',
  ],
  runbook: [
    'Two parties hold this token: find out which of the places is the client’s.',
    'Revoke the token; have the client fetch a new one.',
  ],
  detect: (window, baseline, parameters) => {
    const n = window.switches.length;
    const last = window.switches[n - 1];
    if (last === undefined) return null;
    const bits = alternationBits(n, baseline.past, baseline.activeHours);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 12;
    if (!(bits > threshold)) return null;
    const minutes = Math.max(1, Math.round((last.arrived - last.left) / 60_000));
    const pair = [last.from, last.to].sort().join('-');
    return {
      bits,
      thresholdBits: threshold,
      value: pair,
      explanation:
        `${plural(n, 'impossible change')} of place within the hour: from ${country(last.from)} to ` +
        `${country(last.to)} in ${plural(minutes, 'minute')} (at least ${count(last.km)} km). ` +
        `Usual for this token: ${count(baseline.past)} in ${plural(Math.round(baseline.activeHours), 'active hour')}. ` +
        `By chance this happens ${odds(bits)} times; it would have stayed quiet up to ${count(threshold)} bits.`,
      evidence: {
        value: pair,
        seen: n,
        usual: `${count(baseline.past)} in ${count(baseline.activeHours)} active hours`,
        threshold: Math.round(threshold * 10) / 10,
        unit: 'impossible changes of place in 60 min (threshold in bits)',
        facts: { from: last.from, to: last.to, km: Math.round(last.km), minutes },
        unknown: ['places are countries: distances inside one are not seen'],
      },
      windowStart: window.start,
      windowEnd: window.end,
    };
  },
  examples: {
    quiet: [
      {
        name: 'a token that two sites share',
        window: { switches: [there, back], start: MONDAY, end: MONDAY + 3_600_000 },
        baseline: { past: 300, activeHours: 300 },
      },
      {
        name: 'one flight’s worth of doubt',
        window: { switches: [there], start: MONDAY, end: MONDAY + 3_600_000 },
        baseline: { past: 2, activeHours: 100 },
      },
    ],
    firing: [
      {
        name: 'Germany and Singapore in turns',
        window: { switches: [there, back, there], start: MONDAY, end: MONDAY + 3_600_000 },
        baseline: { past: 0, activeHours: 200 },
      },
    ],
  },
});
