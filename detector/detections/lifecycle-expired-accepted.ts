import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, moment, plural, span } from '../words.ts';

/** Accepted calls of a token that should have been refused. */
export interface LapsedWindow {
  /** When the token ended, epoch ms. */
  endedAt: number;
  /** The first such call and the last, epoch ms. */
  first: number;
  last: number;
  calls: number;
  services: readonly string[];
}

const late: LapsedWindow = {
  endedAt: MONDAY - 3 * 3_600_000,
  first: MONDAY,
  last: MONDAY + 60_000,
  calls: 7,
  services: ['payments'],
};

/** A token is accepted after its expiry. */
export const lifecycleExpiredAccepted = defineDetection<LapsedWindow, object>({
  id: 'lifecycle.expired-accepted',
  title: 'Expired, yet accepted',
  family: 'lifecycle',
  severity: 'critical',
  owasp: ['API2:2023'],
  attack: ['T1550.001'],
  parameters: { skew_seconds: 60 },
  blindSpots: [
    'Tokens that do not state their expiry and are not registered with one.',
    'Calls that failed for another reason: only answers below 400 show that the token was taken.',
  ],
  runbook: [
    'Find out which service accepted it: its check of the expiry is missing or its clock is wrong.',
    'Revoke the token at the issuer, and see what was called with it since it expired.',
  ],
  detect: (window, _baseline, parameters) => {
    const after = window.first - window.endedAt;
    if (window.calls === 0 || after <= (parameters['skew_seconds'] ?? 60) * 1000) return null;
    return certainly({
      explanation:
        `Expired at ${moment(window.endedAt)}, yet ${list(window.services)} accepted it ` +
        `${span(after)} later: ${plural(window.calls, 'call')} so far; usual is none, ` +
        'and the first suffices.',
      seen: window.calls,
      usual: 'none after the expiry',
      unit: 'accepted calls since the expiry',
      facts: { expired_at: moment(window.endedAt), services: [...window.services] },
      from: window.first,
      to: window.last + 1,
      calls: window.calls,
    });
  },
  examples: {
    quiet: [
      {
        name: 'clocks that differ by half a minute',
        window: { ...late, first: late.endedAt + 30_000 },
        baseline: {},
      },
    ],
    firing: [{ name: 'three hours after its expiry', window: late, baseline: {} }],
  },
});
