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
  /** What a client that is known for less than a day is judged by; absent where it is known for longer. */
  firstDay?: FirstDay;
}

/** What else is known while a client is new. */
export interface FirstDay {
  /** Hours with calls of the token itself. */
  ownHours: number;
  /** Tokens of the whole installation, and what all but one in a hundred of them stayed within in an hour. */
  tokens: number;
  most: number;
}

/** A token has some past of its own from so many hours on; what it did in so few may well grow so much. */
const FEWEST_HOURS = 3;
const FIRST_DAY_TIMES = 10;
/** Fewer tokens say nothing of what is usual here. */
const FEWEST_TOKENS = 20;

/** A window in which a limit was just passed, and a client that is known well, for examples. */
export const WALK: EnumerationWindow = {
  ...{ from: MONDAY, to: MONDAY + 300_000, served: 34, denied: 0 },
};
export const MODEST: UptakeBaseline = {
  ...{ days: 30, ownDays: 20, ownHour: 2, ownDay: 5, clientHour: 3, clientDay: 8 },
};

/** The same of a client on its first day. */
const ofFirstDay = (ownHours: number, tokens: number, most: number): UptakeBaseline => ({
  ...{ ...MODEST, days: 0.3, ownDays: 1, firstDay: { ownHours, tokens, most } },
});

/** The time in which objects are counted. */
export type Pace = 'hour' | 'day';
type Parameters = Readonly<Record<string, number>>;

/**
 * The most that is usual. A token that has called on enough days is judged by itself: what a busy
 * sibling does, say a job that reconciles, is no measure of it. A newer one may have taken over such a job.
 */
function usualOf(baseline: UptakeBaseline, pace: Pace, parameters: Parameters): Usual {
  const times = parameters['times'] ?? 3;
  const { firstDay } = baseline;
  if (pace === 'hour' && firstDay !== undefined)
    return usualAtFirst(baseline.ownHour, firstDay, times);
  const [own, client] =
    pace === 'hour'
      ? [baseline.ownHour, baseline.clientHour]
      : [baseline.ownDay, baseline.clientDay];
  return isYoung(baseline, parameters)
    ? { most: Math.max(own, client), whose: 'it and its client', times }
    : { most: own, whose: 'it', times };
}

interface Usual {
  most: number;
  whose: string;
  /** So many times as much is beyond it. */
  times: number;
}

/** Of a new client nobody knows whether it always does so: the token's own hours count, or all other tokens. */
function usualAtFirst(own: number, { ownHours, tokens, most }: FirstDay, times: number): Usual {
  if (ownHours >= FEWEST_HOURS) return { most: own, whose: 'it', times: FIRST_DAY_TIMES };
  return tokens >= FEWEST_TOKENS
    ? { most, whose: 'all but one in a hundred tokens', times }
    : { most: Infinity, whose: 'nobody', times };
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
  const { most, times } = usualOf(baseline, pace, parameters);
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
  if ((baseline.days < 1 && baseline.firstDay === undefined) || tried < limit) return null;
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
    ...(baseline.firstDay === undefined
      ? {}
      : { unknown: ['the client is known for less than a day: it may always do so'] }),
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
    'Clients on their first day, unless the token called in three hours before, or twenty tokens are known to compare with.',
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
      { name: 'the first hours of all', window: WALK, baseline: ofFirstDay(0, 5, 2) },
      {
        name: 'a new client, no more than others do',
        window: WALK,
        baseline: ofFirstDay(1, 400, 60),
      },
      {
        name: 'a new client that did much the same in the hours before',
        window: { ...WALK, served: 90 },
        baseline: { ...ofFirstDay(5, 400, 2), ownHour: 20 },
      },
      { name: 'a dozen', window: { ...WALK, served: 12 }, baseline: MODEST },
    ],
    firing: [
      { name: 'thirty-four served', window: WALK, baseline: MODEST },
      {
        name: 'beside a job of the same client that always does',
        window: WALK,
        baseline: { ...MODEST, clientHour: 800, clientDay: 800 },
      },
      {
        name: 'a new client, beyond what others do',
        window: WALK,
        baseline: ofFirstDay(1, 400, 8),
      },
      {
        name: 'a new client, after some calm hours',
        window: WALK,
        baseline: { ...ofFirstDay(4, 3, 0), ownHour: 2 },
      },
      { name: 'all refused', window: { ...WALK, served: 0, denied: 40 }, baseline: MODEST },
    ],
  },
});
