import { defineDetection } from '../detection.ts';
import { MODEST, WALK, noticeEnumeration } from './authorization-enumeration.ts';
import type { EnumerationWindow, UptakeBaseline } from './authorization-enumeration.ts';

const slow = { ...WALK, to: WALK.from + 15 * 3_600_000, reachedAt: WALK.from + 15 * 3_600_000 };

/** A token runs through objects slowly: far more new ones in a day than it ever took up. */
export const authorizationSlowEnumeration = defineDetection<EnumerationWindow, UptakeBaseline>({
  id: 'authorization.slow-enumeration',
  title: 'Objects enumerated over a day',
  family: 'authorization',
  severity: 'high',
  owasp: ['API1:2023'],
  attack: ['T1119', 'T1213'],
  parameters: { objects: 30, times: 3 },
  blindSpots: [
    'Fewer than thirty new objects a day, or less than three times what is usual for the client.',
    'Clients on their first day.',
  ],
  runbook: [
    'See on the token’s page whether the objects are those of its client.',
    'If not, revoke the token, and count back how long it has gone on.',
  ],
  detect: (window, baseline, parameters) =>
    noticeEnumeration(window, baseline, {
      objects: parameters['objects'] ?? 30,
      times: parameters['times'] ?? 3,
      usual: Math.max(baseline.ownDay, baseline.clientDay),
      unit: '24 h',
    }),
  examples: {
    quiet: [
      {
        name: 'a desk that sees twenty customers a day',
        window: slow,
        baseline: { ...MODEST, ownDay: 20, clientDay: 20 },
      },
    ],
    firing: [{ name: 'one every half hour', window: slow, baseline: MODEST }],
  },
});
