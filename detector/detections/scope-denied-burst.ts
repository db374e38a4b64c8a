import { defineDetection } from '../detection.ts';
import { noticeOutcome } from '../outcomes/notice.ts';
import { deniedBits, usualDenied } from '../outcomes/surprise.ts';
import type { OutcomeBaseline, OutcomeWindow } from '../outcomes/surprise.ts';
import { MONDAY } from '../values/example.ts';
import { count } from '../words.ts';

const calm: OutcomeBaseline = { calls: 9_000, denied: 4, notFound: 90, active: 200 };

/** A token is refused far more often than usual: somebody tries what it may do. */
export const scopeDeniedBurst = defineDetection<OutcomeWindow, OutcomeBaseline>({
  id: 'scope.denied-burst',
  title: 'Many calls refused',
  family: 'scope',
  severity: 'high',
  owasp: ['API5:2023', 'API1:2023'],
  attack: ['T1078', 'T1087'],
  parameters: { bits: 16 },
  blindSpots: [
    'One refusal an hour is patience, not a burst.',
    'Tokens that are refused every day are excused by their own record.',
    'Services that answer 404 where they mean 403 (see authorization.not-found-burst).',
  ],
  runbook: [
    'See which routes were refused: many different ones are somebody finding out what the token may do.',
    'Look for a release that lost a grant: then all tokens of the client are refused the same route.',
    'If it is neither a release nor the client, revoke the token.',
  ],
  detect: (window, baseline, parameters) => {
    const threshold = baseline.threshold ?? parameters['bits'] ?? 16;
    const usual = usualDenied(baseline, window.calls);
    return noticeOutcome(window, baseline, threshold, deniedBits, {
      what: 'refused (401 or 403)',
      unit: 'calls refused in 60 min',
      usual: `${count(Number(usual.toPrecision(2)))} an active hour`,
      usualCount: usual,
      past: baseline.denied,
    });
  },
  examples: {
    quiet: [
      {
        name: 'two refusals',
        window: { minute: MONDAY, calls: 40, count: 2 },
        baseline: calm,
      },
      {
        name: 'a token that is refused every day',
        window: { minute: MONDAY, calls: 60, count: 9 },
        baseline: { calls: 9_000, denied: 700, notFound: 90, active: 200 },
      },
      {
        name: 'a new token of a nightly run: a call in thirty is refused',
        window: { minute: MONDAY, calls: 571, count: 17 },
        baseline: { calls: 0, denied: 0, notFound: 0, active: 0 },
      },
    ],
    firing: [
      {
        name: 'thirty refusals of a token that is never refused',
        window: { minute: MONDAY, calls: 40, count: 30 },
        baseline: calm,
      },
    ],
  },
});
