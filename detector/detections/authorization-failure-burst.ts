import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, plural, span } from '../words.ts';

/** Refusals, and a call that was let pass after them; epoch ms. */
export interface BurstWindow {
  /** One token on one route, or one address with many credentials. */
  by: 'token' | 'address';
  /** Calls answered 401 or 403; a 429 says nothing about the credential. */
  denied: number;
  /** Distinct tokens that were refused. */
  tokens: number;
  first: number;
  passedAt: number;
  routes: readonly string[];
}

const burst: BurstWindow = {
  ...{ by: 'address', denied: 60, tokens: 41, first: MONDAY, passedAt: MONDAY + 240_000 },
  routes: ['POST /payments'],
};

/** After a burst of refusals a call is let pass: somebody tried until it worked. */
export const authorizationFailureBurst = defineDetection<BurstWindow, object>({
  id: 'authorization.failure-burst',
  title: 'Success after a burst of refusals',
  family: 'authorization',
  severity: 'high',
  owasp: ['API2:2023', 'API5:2023'],
  attack: ['T1110.004'],
  parameters: { refusals: 20 },
  blindSpots: [
    'Guessing that is spread over many addresses and many hours.',
    'Refusals that the gateway does not report.',
  ],
  runbook: [
    'See what was called after it was let pass, and from which network.',
    'If credentials were guessed, revoke the token that passed and block the address.',
    'If a check was tried until it gave way, its authorization is at fault: look at the route.',
  ],
  detect: (window, _baseline, parameters) => {
    const least = parameters['refusals'] ?? 20;
    if (window.denied < least || window.passedAt <= window.first) return null;
    const who =
      window.by === 'token'
        ? `of this token on ${list(window.routes)}`
        : `of ${plural(window.tokens, 'token')} from one address`;
    return certainly({
      value: window.by,
      explanation:
        `${plural(window.denied, 'refusal')} ${who}, then a call was let pass ` +
        `${span(window.passedAt - window.first)} after the first; usual are fewer than ${least} in 10 min.`,
      seen: window.denied,
      usual: `fewer than ${least}`,
      threshold: least - 1,
      unit: 'refusals (401, 403) in 10 min before a success',
      facts: { tokens: window.tokens, tried: [...window.routes], by: window.by },
      from: window.first,
      to: window.passedAt + 1,
    });
  },
  examples: {
    quiet: [{ name: 'an expired token, renewed', window: { ...burst, denied: 4 }, baseline: {} }],
    firing: [
      { name: 'forty-one guesses', window: burst, baseline: {} },
      { name: 'one token', window: { ...burst, by: 'token', tokens: 1 }, baseline: {} },
    ],
  },
});
