import type { Noticed } from '../detection.ts';
import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural } from '../words.ts';

/** New objects that a token touched in a window; epoch ms. */
export interface EnumerationWindow {
  from: number;
  to: number;
  /** Objects that were served, and those that were only asked for. */
  served: number;
  denied: number;
}

/** How many new objects the token, and any one of its client, took up before in an hour and in a day. */
export interface UptakeBaseline {
  /** Days since the client is known. */
  days: number;
  /** Days on which the token itself called. */
  ownDays: number;
  ownHour: number;
  ownDay: number;
  clientHour: number;
  clientDay: number;
}

/** A window in which a limit was just passed, and a client that is known well, for examples. */
export const WALK: EnumerationWindow = {
  ...{ from: MONDAY, to: MONDAY + 300_000, served: 34, denied: 0 },
};
export const MODEST: UptakeBaseline = {
  ...{ days: 30, ownDays: 20, ownHour: 2, ownDay: 5, clientHour: 3, clientDay: 8 },
};

/** The time in which objects are counted. */
export type Pace = 'hour' | 'day';
type Parameters = Readonly<Record<string, number>>;

/**
 * The most that is usual. A token that has called on enough days is judged by itself: what a busy
 * sibling does, say a job that reconciles, is no measure of it. A newer one may have taken over such a job.
 */
function usualOf(baseline: UptakeBaseline, pace: Pace, parameters: Parameters) {
  const [own, client] =
    pace === 'hour'
      ? [baseline.ownHour, baseline.clientHour]
      : [baseline.ownDay, baseline.clientDay];
  return isYoung(baseline, parameters)
    ? { most: Math.max(own, client), whose: 'it and its client' }
    : { most: own, whose: 'it' };
}

/** Whether a token has not called on enough days to be judged by itself. */
export function isYoung(baseline: UptakeBaseline, parameters: Parameters): boolean {
  return baseline.ownDays < (parameters['own_days'] ?? 7);
}

/** New objects in the time from which on an enumeration is told. */
export function enumerationLimit(
  baseline: UptakeBaseline,
  pace: Pace,
  parameters: Parameters,
): number {
  const { most } = usualOf(baseline, pace, parameters);
  const times = parameters['times'] ?? 3;
  return Math.max(parameters['objects'] ?? 30, Math.ceil(most * times) + 1);
}

/** The notice of an enumeration, or null where it is not beyond what is usual. */
export function noticeEnumeration(
  window: EnumerationWindow,
  baseline: UptakeBaseline,
  { pace, unit, parameters }: { pace: Pace; unit: string; parameters: Parameters },
): Noticed | null {
  const tried = window.served + window.denied;
  const limit = enumerationLimit(baseline, pace, parameters);
  if (baseline.days < 1 || tried < limit) return null;
  const { most: usual, whose } = usualOf(baseline, pace, parameters);
  const kind =
    window.served === 0
      ? 'all refused'
      : window.denied === 0
        ? 'all served'
        : `${count(window.served)} served and ${count(window.denied)} refused`;
  // Within minutes nobody asks what the client had.
  const untouched =
    whose === 'it' || pace === 'hour'
      ? 'it had never touched'
      : 'neither it had touched nor its client was ever served';
  const growth = Math.log2(tried / limit);
  const noticed = certainly({
    explanation:
      `${plural(tried, 'object')} that ${untouched}, ${kind}, in ${unit}; usual for ${whose} ` +
      `are at most ${count(usual)} in ${pace === 'hour' ? 'an hour' : 'a day'}; would have stayed quiet below ${count(limit)}.`,
    seen: tried,
    usual: `at most ${count(usual)}`,
    threshold: limit - 1,
    unit: `new objects in ${unit}`,
    facts: {
      served: window.served,
      refused: window.denied,
      client_known_days: Math.floor(baseline.days),
      days_with_calls: baseline.ownDays,
    },
    from: window.from,
    to: window.to,
  });
  return { ...noticed, bits: noticed.bits + 12 * growth };
}

/** A token runs through objects: far more new ones in minutes than it ever took up in an hour. */
export const authorizationEnumeration = defineDetection<EnumerationWindow, UptakeBaseline>({
  id: 'authorization.enumeration',
  title: 'Objects enumerated within minutes',
  family: 'authorization',
  severity: 'high',
  owasp: ['API1:2023'],
  attack: ['T1119', 'T1213'],
  parameters: { objects: 30, times: 3, own_days: 7 },
  blindSpots: [
    'Services that do not report which object a call was about.',
    'Clients on their first day: nobody knows yet whether they always do so.',
    'Tokens in their first week of use, beside one of the same client that takes up many.',
    'Objects are hashed: whether they were tried in order is not told apart, both count.',
  ],
  runbook: [
    'If objects were served that are not the client’s, revoke the token: this is a leak in progress.',
    'If all were refused, the check held; somebody is probing it.',
    'If it is a new job, mark it a false positive: what it does counts as usual from then on.',
  ],
  detect: (window, baseline, parameters) =>
    noticeEnumeration(window, baseline, { pace: 'hour', unit: '5 min', parameters }),
  examples: {
    quiet: [
      {
        name: 'a reconciliation job that always does',
        window: { ...WALK, served: 800 },
        baseline: { ...MODEST, ownHour: 800, ownDay: 800, clientHour: 800, clientDay: 800 },
      },
      {
        name: 'a job that got a new token yesterday',
        window: { ...WALK, served: 800 },
        baseline: { ...MODEST, ownDays: 1, clientHour: 800, clientDay: 800 },
      },
      { name: 'a client on its first day', window: WALK, baseline: { ...MODEST, days: 0.2 } },
      { name: 'a dozen', window: { ...WALK, served: 12 }, baseline: MODEST },
    ],
    firing: [
      { name: 'thirty-four served', window: WALK, baseline: MODEST },
      {
        name: 'beside a job of the same client that always does',
        window: WALK,
        baseline: { ...MODEST, clientHour: 800, clientDay: 800 },
      },
      { name: 'all refused', window: { ...WALK, served: 0, denied: 40 }, baseline: MODEST },
    ],
  },
});
