import { dueNotice } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { moment, span } from '../words.ts';
import { AGE_POLICY, MONTH_OLD } from './lifecycle-expiring.ts';
import type { AgePolicy, AgeWindow } from './lifecycle-expiring.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** A token that should have been replaced is still in use. */
export const lifecycleRotationOverdue = defineDetection<AgeWindow, AgePolicy>({
  id: 'lifecycle.rotation-overdue',
  title: 'Rotation overdue',
  family: 'lifecycle',
  severity: 'low',
  owasp: ['API2:2023'],
  attack: [],
  parameters: {},
  blindSpots: [
    'Tokens that do not state when they were issued count from their first call, which may be later.',
  ],
  runbook: [
    'Have the owner rotate the token; see on its page what uses it.',
    'If it cannot be rotated so often, change detector.policy.rotate_within.',
  ],
  detect: (window, { rotateWithin }) => {
    const begun = window.issuedAt === 0 ? window.since : window.issuedAt;
    const age = window.at - begun;
    if (rotateWithin === 0 || begun === 0 || age < rotateWithin) return null;
    return dueNotice({
      explanation:
        `${window.issuedAt === 0 ? 'First seen' : 'Issued'} at ${moment(begun)} and still in use ` +
        `after ${span(age)}; usual by the policy is to rotate within ${span(rotateWithin)}.`,
      seen: Math.round(age / DAY_MS),
      usual: `up to ${span(rotateWithin)}`,
      unit: 'days of age',
      threshold: Math.round(rotateWithin / DAY_MS),
      facts: { issued_at: moment(begun), last_used: moment(window.last) },
      from: Math.max(window.since, window.at - DAY_MS),
      to: window.at + 1,
    });
  },
  examples: {
    quiet: [{ name: 'a month old', window: MONTH_OLD, baseline: AGE_POLICY }],
    firing: [
      {
        name: 'a year old',
        window: { ...MONTH_OLD, issuedAt: MONTH_OLD.at - 365 * DAY_MS },
        baseline: AGE_POLICY,
      },
    ],
  },
});
