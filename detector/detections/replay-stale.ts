import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { plural, span } from '../words.ts';
import { TWICE } from './replay-nonce.ts';
import type { ReplayWindow } from './replay-nonce.ts';

/** The same request, with the same nonce, long after the first. */
export const replayStale = defineDetection<ReplayWindow, object>({
  id: 'replay.stale',
  title: 'Request repeated long after the first',
  family: 'replay',
  severity: 'medium',
  owasp: ['API2:2023'],
  attack: ['T1550'],
  parameters: { late_minutes: 60 },
  blindSpots: [
    'What is measured is when the nonce was first used; the time that a request states is another matter (replay.stale-timestamp).',
    'Jobs that retry for hours with one idempotency key: mark one as a false positive.',
  ],
  runbook: [
    'See whether the service carried it out again: its window for nonces is too wide.',
    'If the client does not retry so late, the request was recorded: revoke the token.',
  ],
  detect: (window, _baseline, parameters) => {
    const limit = (parameters['late_minutes'] ?? 60) * 60_000;
    if (window.late === 0 || window.longest <= limit) return null;
    return certainly({
      explanation:
        `${plural(window.late, 'nonce')} used again ${span(window.longest)} after the first use, with ` +
        `nothing else changed; usual are retries within ${span(limit)}.`,
      seen: Math.round(window.longest / 60_000),
      usual: `up to ${span(limit)}`,
      threshold: limit / 60_000,
      unit: 'minutes between two uses of one nonce',
      facts: { nonces: window.late, calls: window.calls },
      from: window.last,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      { name: 'a retry after five seconds', window: { ...TWICE, otherPayload: 0 }, baseline: {} },
    ],
    firing: [
      {
        name: 'five hours later',
        window: { ...TWICE, otherPayload: 0, late: 1, longest: 5 * 3_600_000 },
        baseline: {},
      },
    ],
  },
});
