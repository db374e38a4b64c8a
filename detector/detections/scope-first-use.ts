import { defineDetection } from '../detection.ts';
import { knownFor, useOf } from '../values/example.ts';
import { noticeFirstUse } from '../values/first-use.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';

const reader = { 'accounts:read': 150, 'reports:read': 40 };

/** A token exercises a scope that it has never, or hardly ever, exercised. */
export const scopeFirstUse = defineDetection<ValueWindow, ValueBaseline>({
  id: 'scope.first-use',
  title: 'First use of a scope',
  family: 'scope',
  severity: 'high',
  owasp: ['API5:2023', 'API2:2023'],
  attack: ['T1078', 'T1548'],
  parameters: { bits: 12 },
  blindSpots: [
    'A thief who keeps to the scopes that the token uses anyway.',
    'A scope that sibling tokens use is far less surprising.',
    'Services that do not say which scope a call exercised; routes are watched in their place.',
  ],
  runbook: [
    'See what was called with the scope, and whether it succeeded.',
    'Ask the service team of the client whether they released a feature that needs it.',
    'If nobody did, revoke the token and take the scope out of its grant.',
  ],
  detect: (window, baseline, parameters) => {
    const bits = noveltyBits('scope', window.value, baseline);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 12;
    return noticeFirstUse(window, baseline, bits, threshold, { noun: 'scope', many: 'scopes' });
  },
  examples: {
    quiet: [
      {
        name: 'a scope that most siblings use',
        window: useOf('scope', 'reports:read'),
        baseline: knownFor({ 'accounts:read': 100 }, { clientTokensWith: 4 }),
      },
      {
        name: 'a deployment: siblings took it up within hours',
        window: useOf('scope', 'limits:read'),
        baseline: knownFor(reader, { clientTokensWith: 3, siblings: 3 }),
      },
      {
        name: 'the first call of a new token',
        window: useOf('scope', 'accounts:read'),
        baseline: knownFor({}, { clientTokensWith: 2, share: 0.4 }),
      },
    ],
    firing: [
      {
        name: 'a reader begins to write payments',
        window: useOf('scope', 'payments:write'),
        baseline: knownFor(reader, { share: 0.02 }),
      },
    ],
  },
});
