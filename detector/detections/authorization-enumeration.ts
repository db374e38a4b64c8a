import type { Noticed } from '../detection.ts';
import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural } from '../words.ts';

/** New objects that a token touched in a window; epoch ms. */
export interface EnumerationWindow {
  from: number;
  to: number;
  reachedAt: number;
  /** Objects that were served, and those that were only asked for. */
  served: number;
  denied: number;
}

/** How many new objects the token, or any of its client, took up before in an hour and in a day. */
export interface UptakeBaseline {
  /** Days since the client is known. */
  days: number;
  ownHour: number;
  ownDay: number;
  clientHour: number;
  clientDay: number;
}

/** A window in which a limit was just passed, and a client that is known well, for examples. */
export const WALK: EnumerationWindow = {
  ...{ from: MONDAY, to: MONDAY + 300_000, reachedAt: MONDAY + 280_000, served: 34, denied: 0 },
};
export const MODEST: UptakeBaseline = {
  ...{ days: 30, ownHour: 2, ownDay: 5, clientHour: 3, clientDay: 8 },
};

interface Limits {
  /** New objects from which on it counts. */
  objects: number;
  /** How often the most that was usual must be exceeded. */
  times: number;
  usual: number;
  unit: string;
}

/** The notice of an enumeration, or null where it is not beyond what is usual. */
export function noticeEnumeration(
  window: EnumerationWindow,
  baseline: UptakeBaseline,
  { objects, times, usual, unit }: Limits,
): Noticed | null {
  const tried = window.served + window.denied;
  const limit = Math.max(objects, Math.ceil(usual * times) + 1);
  if (baseline.days < 1 || tried < limit) return null;
  const kind =
    window.served === 0
      ? 'all refused'
      : window.denied === 0
        ? 'all served'
        : `${count(window.served)} served and ${count(window.denied)} refused`;
  const growth = Math.log2(tried / objects);
  const noticed = certainly({
    explanation:
      `${plural(tried, 'object')} that it had never touched, ${kind}, in ${unit}; usual for it and its ` +
      `client are at most ${count(usual)}; would have stayed quiet below ${count(limit)}.`,
    seen: tried,
    usual: `at most ${count(usual)}`,
    threshold: limit - 1,
    unit: `new objects in ${unit}`,
    facts: {
      served: window.served,
      refused: window.denied,
      client_known_days: Math.floor(baseline.days),
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
  parameters: { objects: 30, times: 3 },
  blindSpots: [
    'Services that do not report which object a call was about.',
    'Clients on their first day: nobody knows yet whether they always do so.',
    'Objects are hashed: whether they were tried in order is not told apart, both count.',
  ],
  runbook: [
    'If objects were served that are not the client’s, revoke the token: this is a leak in progress.',
    'If all were refused, the check held; somebody is probing it.',
    'If it is a new job, mark it a false positive: what it does counts as usual tomorrow.',
  ],
  detect: (window, baseline, parameters) =>
    noticeEnumeration(window, baseline, {
      objects: parameters['objects'] ?? 30,
      times: parameters['times'] ?? 3,
      usual: Math.max(baseline.ownHour, baseline.clientHour),
      unit: '5 min',
    }),
  examples: {
    quiet: [
      {
        name: 'a reconciliation job that always does',
        window: { ...WALK, served: 800 },
        baseline: { ...MODEST, ownHour: 800, ownDay: 800, clientHour: 800, clientDay: 800 },
      },
      { name: 'a client on its first day', window: WALK, baseline: { ...MODEST, days: 0.2 } },
      { name: 'a dozen', window: { ...WALK, served: 12 }, baseline: MODEST },
    ],
    firing: [
      { name: 'thirty-four served', window: WALK, baseline: MODEST },
      { name: 'all refused', window: { ...WALK, served: 0, denied: 40 }, baseline: MODEST },
    ],
  },
});
