import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, moment, plural, span } from '../words.ts';
import type { LapsedWindow } from './lifecycle-expired-accepted.ts';

const late: LapsedWindow = {
  endedAt: MONDAY - 600_000,
  first: MONDAY,
  last: MONDAY + 60_000,
  calls: 3,
  services: ['accounts'],
};

/** A token is accepted after its issuer revoked it. */
export const lifecycleRevokedAccepted = defineDetection<LapsedWindow, object>({
  id: 'lifecycle.revoked-accepted',
  title: 'Revoked, yet accepted',
  family: 'lifecycle',
  severity: 'critical',
  owasp: ['API2:2023'],
  attack: ['T1550.001'],
  parameters: { grace_seconds: 60 },
  blindSpots: [
    'Revocations that nobody told tokenwatch of: register them (PUT /api/v1/tokens/{hash}).',
    'Revocations that tokenwatch sent itself are watched by alerting, with its own period of grace.',
  ],
  runbook: [
    'Find out why the service does not know: a cache, a missing introspection, a token that checks itself.',
    'Block the token at the gateway, and see what was called with it since.',
  ],
  detect: (window, _baseline, parameters) => {
    const after = window.first - window.endedAt;
    if (window.calls === 0 || after <= (parameters['grace_seconds'] ?? 60) * 1000) return null;
    return certainly({
      explanation:
        `Registered as revoked at ${moment(window.endedAt)}, yet ${list(window.services)} accepted ` +
        `it ${span(after)} later: ${plural(window.calls, 'call')} so far; usual is none after a revocation.`,
      seen: window.calls,
      usual: 'none after the revocation',
      unit: 'accepted calls since the revocation',
      facts: { revoked_at: moment(window.endedAt), services: [...window.services] },
      from: window.first,
      to: window.last + 1,
      calls: window.calls,
    });
  },
  examples: {
    quiet: [
      {
        name: 'within the period of grace',
        window: { ...late, first: late.endedAt + 20_000 },
        baseline: {},
      },
    ],
    firing: [{ name: 'ten minutes after its revocation', window: late, baseline: {} }],
  },
});
