import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural } from '../words.ts';

/** Refused calls of a service within five minutes; epoch ms. */
export interface StormWindow {
  /** Answered 401 or 403: rejected. Answered 429: limited. */
  denied: number;
  limited: number;
  calls: number;
  tokens: number;
  addresses: number;
  first: number;
  last: number;
}

const storm: StormWindow = {
  ...{ denied: 2_000, limited: 500, calls: 2_600, tokens: 800, addresses: 3 },
  ...{ first: MONDAY, last: MONDAY + 290_000 },
};

/** A limit that was enforced says less than a credential that was rejected. */
const LIMITED_WEIGHT = 0.2;

/** A service refuses calls by the hundred: one incident of little weight, for the calls were refused. */
export const authorizationDeniedStorm = defineDetection<StormWindow, { usual: number }>({
  id: 'authorization.denied-storm',
  title: 'Storm of refused calls',
  family: 'authorization',
  severity: 'low',
  owasp: ['API2:2023', 'API4:2023'],
  attack: ['T1110', 'T1595'],
  parameters: { refusals: 300, times: 5 },
  blindSpots: [
    'Gateways that answer without reporting what they refused.',
    'What was let pass in between: other detections look at accepted calls.',
  ],
  runbook: [
    'See whether it is one client with an expired token (tell its owner) or many tokens (somebody guesses).',
    'Nothing got through by itself: look for findings on tokens of the same minutes.',
  ],
  detect: (window, { usual }, parameters) => {
    const weight = window.denied + LIMITED_WEIGHT * window.limited;
    const limit = Math.max(parameters['refusals'] ?? 300, usual * (parameters['times'] ?? 5));
    if (weight < limit) return null;
    const noticed = certainly({
      explanation:
        `${plural(window.denied, 'call')} rejected (401, 403) and ${count(window.limited)} rate-limited ` +
        `(429) of ${count(window.calls)} in 5 min, with ${plural(window.tokens, 'token')}; usual are ` +
        `${count(usual)}; would have stayed quiet up to ${count(Math.floor(limit))}.`,
      seen: window.denied + window.limited,
      usual: count(usual),
      threshold: Math.floor(limit),
      unit: 'refused calls in 5 min',
      facts: {
        ...{ rejected: window.denied, rate_limited: window.limited },
        ...{ tokens: window.tokens, addresses: window.addresses },
      },
      from: window.first,
      to: window.last + 1,
    });
    // All of it was refused: a low weight, however much it is.
    return { ...noticed, bits: 12, thresholdBits: 10 };
  },
  examples: {
    quiet: [
      { name: 'a service that always refuses many', window: storm, baseline: { usual: 900 } },
      {
        name: 'rate limits at work',
        window: { ...storm, denied: 10, limited: 900 },
        baseline: { usual: 0 },
      },
    ],
    firing: [{ name: 'two thousand', window: storm, baseline: { usual: 2 } }],
  },
});
