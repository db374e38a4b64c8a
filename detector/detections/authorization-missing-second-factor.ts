import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, plural } from '../words.ts';

/** Use of a sensitive scope; epoch ms. */
export interface FactorWindow {
  scope: string;
  /** How the holder logged in, as in the claim `amr`. */
  methods: readonly string[];
  first: number;
  last: number;
  calls: number;
}

const SECOND = new Set('mfa mca otp sms tel hwk swk sc fpt face iris vbm retina'.split(' '));
const use = { scope: 'payments:write', first: MONDAY, last: MONDAY + 1000, calls: 1 };

/** A person used a sensitive scope after a login with one factor. */
export const authorizationMissingSecondFactor = defineDetection<FactorWindow, object>({
  id: 'authorization.missing-second-factor',
  title: 'Sensitive scope without a second factor',
  family: 'authorization',
  severity: 'high',
  owasp: ['API2:2023', 'API6:2023'],
  attack: ['T1078', 'T1556.006'],
  parameters: {},
  blindSpots: [
    'Tokens that do not say how their holder logged in (the claim amr).',
    'Scopes that are not listed in detector.policy.sensitive_scopes.',
  ],
  runbook: [
    'Find out why the service accepted it: it should ask for a step-up login.',
    'Ask the person whether it was them, and end the session if not.',
  ],
  detect: (window) => {
    if (window.methods.length === 0 || window.methods.some((one) => SECOND.has(one))) return null;
    return certainly({
      value: window.scope,
      explanation:
        `${plural(window.calls, 'accepted call')} with ${window.scope} after a login by ` +
        `${list(window.methods)} only; usual for sensitive scopes is a second factor.`,
      seen: list(window.methods),
      usual: 'a second factor',
      unit: 'authentication methods',
      facts: { scope: window.scope, methods: [...window.methods] },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      { name: 'with a code', window: { ...use, methods: ['pwd', 'otp'] }, baseline: {} },
      { name: 'a program', window: { ...use, methods: [] }, baseline: {} },
    ],
    firing: [{ name: 'a password only', window: { ...use, methods: ['pwd'] }, baseline: {} }],
  },
});
