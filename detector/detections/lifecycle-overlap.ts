import { dueNotice } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { moment, span } from '../words.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** A rotation; epoch ms. */
export interface OverlapWindow {
  old: { last: number };
  young: { tokenHash: string };
  /** The first call of the new token. */
  at: number;
}

/** Long after a rotation the old token is still used beside the new one. */
export const lifecycleOverlap = defineDetection<OverlapWindow, { overlap: number }>({
  id: 'lifecycle.overlap',
  title: 'Old token in use long after its rotation',
  family: 'lifecycle',
  severity: 'medium',
  owasp: ['API2:2023'],
  attack: ['T1550.001'],
  parameters: {},
  blindSpots: [
    'What is a rotation is told by the same token id, or by a single predecessor with the same scopes, near its end.',
    'Clients with several tokens of the same scopes: nobody knows which replaced which.',
  ],
  runbook: [
    'Find what still uses the old token (agents and routes on its page), and have it changed over.',
    'Then revoke the old one: rotation protects only when the old token dies.',
  ],
  detect: (window, { overlap }) => {
    const since = window.old.last - window.at;
    if (overlap === 0 || since < overlap) return null;
    const due = window.at + overlap;
    return dueNotice({
      explanation:
        `Rotated at ${moment(window.at)}, when its successor was first used, yet in use ` +
        `${span(since)} later; usual by the policy is to stop within ${span(overlap)}.`,
      seen: Math.round(since / 3_600_000),
      usual: `up to ${span(overlap)}`,
      unit: 'hours beside the new token',
      threshold: Math.round(overlap / 3_600_000),
      facts: { successor: window.young.tokenHash, rotated_at: moment(window.at) },
      from: window.at,
      to: due + 1,
    });
  },
  examples: {
    quiet: [
      {
        name: 'the old one was last used an hour later',
        window: { old: { last: MONDAY + 3_600_000 }, young: { tokenHash: 'b2' }, at: MONDAY },
        baseline: { overlap: 3 * DAY_MS },
      },
    ],
    firing: [
      {
        name: 'a week later both are in use',
        window: { old: { last: MONDAY + 7 * DAY_MS }, young: { tokenHash: 'b2' }, at: MONDAY },
        baseline: { overlap: 3 * DAY_MS },
      },
    ],
  },
});
