import { defineDetection } from '../detection.ts';
import { MODEST, WALK, noticeEnumeration } from './authorization-enumeration.ts';
import type { EnumerationWindow, UptakeBaseline } from './authorization-enumeration.ts';

const slow = { ...WALK, to: WALK.from + 15 * 3_600_000 };

/** A token runs through objects slowly: far more new ones in a day than it ever took up. */
export const authorizationSlowEnumeration = defineDetection<EnumerationWindow, UptakeBaseline>({
  id: 'authorization.slow-enumeration',
  title: 'Objects enumerated over a day',
  family: 'authorization',
  severity: 'high',
  owasp: ['API1:2023'],
  attack: ['T1119', 'T1213'],
  parameters: { objects: 30, times: 3, own_days: 7 },
  blindSpots: [
    'Fewer than thirty new objects a day, or less than three times what is usual for the token.',
    'Tokens in their first week of use, beside one of the same client that takes up many.',
    'Clients on their first day.',
  ],
  runbook: [
    'See on the token’s page whether the objects are those of its client.',
    'If not, revoke the token, and count back how long it has gone on.',
  ],
  detect: (window, baseline, parameters) =>
    noticeEnumeration(window, baseline, { pace: 'day', unit: '24 h', parameters }),
  examples: {
    quiet: [
      {
        name: 'a desk that sees twenty customers a day',
        window: slow,
        baseline: { ...MODEST, ownDay: 20, clientDay: 20 },
      },
    ],
    firing: [
      { name: 'one every half hour', window: slow, baseline: MODEST },
      {
        name: 'beside a job of the same client that reconciles',
        window: slow,
        baseline: { ...MODEST, clientHour: 800, clientDay: 800 },
      },
    ],
  },
});
