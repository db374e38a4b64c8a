import { defineDetection } from '../detection.ts';
import { noticeOutcome } from '../outcomes/notice.ts';
import { notFoundBits, usualShare } from '../outcomes/surprise.ts';
import type { OutcomeBaseline, OutcomeWindow } from '../outcomes/surprise.ts';
import { MONDAY } from '../values/example.ts';
import { count } from '../words.ts';

const calm: OutcomeBaseline = { calls: 9_000, denied: 4, notFound: 90, active: 200 };

/** Far more of a token's calls than usual ask for things that do not exist: ids are being guessed. */
export const authorizationNotFoundBurst = defineDetection<OutcomeWindow, OutcomeBaseline>({
  id: 'authorization.not-found-burst',
  title: 'Many calls for things that do not exist',
  family: 'authorization',
  severity: 'high',
  owasp: ['API1:2023'],
  attack: ['T1087', 'T1530'],
  parameters: { bits: 14 },
  blindSpots: [
    'Ids that run in sequence and all exist give no 404.',
    'Services that answer 403 for what belongs to others (see scope.denied-burst).',
    'Four missing objects an hour, or a share near the usual one, pass.',
  ],
  runbook: [
    'See which objects were asked for: ids in sequence or at random are an enumeration.',
    'See which of them existed and whom they belong to: that is what was read.',
    'Look for a deletion or a migration that left the client with stale ids.',
    'If it is an enumeration, revoke the token and check the object authorization of the route.',
  ],
  detect: (window, baseline, parameters) => {
    const threshold = baseline.threshold ?? parameters['bits'] ?? 14;
    const share = usualShare(baseline);
    return noticeOutcome(window, baseline, threshold, notFoundBits, {
      what: 'for things that do not exist (404)',
      unit: 'calls answered 404 in 60 min',
      usual: `${count(Number((100 * share).toPrecision(2)))}% of its calls`,
      usualCount: share * window.calls,
      past: baseline.notFound,
    });
  },
  examples: {
    quiet: [
      { name: 'a few', window: { minute: MONDAY, calls: 12, count: 4 }, baseline: calm },
      {
        name: 'a token that keeps asking for what is gone',
        window: { minute: MONDAY, calls: 100, count: 30 },
        baseline: { calls: 9_000, denied: 4, notFound: 1_300, active: 200 },
      },
    ],
    firing: [
      {
        name: 'half of two hundred calls',
        window: { minute: MONDAY, calls: 200, count: 100 },
        baseline: calm,
      },
      {
        name: 'slowly: seventeen of thirty calls in an hour',
        window: { minute: MONDAY, calls: 30, count: 17 },
        baseline: calm,
      },
    ],
  },
});
