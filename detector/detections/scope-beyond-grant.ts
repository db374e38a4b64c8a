import { defineDetection } from '../detection.ts';
import { knownFor, useOf } from '../values/example.ts';
import { noticeFirstUse } from '../values/first-use.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';

/** Surprise that a scope outside the grant adds, bits. */
const BEYOND = 8;

/** A token exercises a scope that it does not carry. */
export const scopeBeyondGrant = defineDetection<ValueWindow, ValueBaseline>({
  id: 'scope.beyond-grant',
  title: 'Use of a scope beyond the grant',
  family: 'scope',
  severity: 'high',
  owasp: ['API5:2023'],
  attack: ['T1078', 'T1548'],
  parameters: { bits: 14, beyond: BEYOND },
  blindSpots: [
    'Tokens that do not say which scopes they carry.',
    'Grants with wildcards that services resolve on their own: list what they resolve to.',
  ],
  runbook: [
    'See whether the service let the call pass: if so, its scope check is broken.',
    'If the calls were refused, somebody probes what the token can do: revoke it.',
  ],
  detect: (window, baseline, parameters) => {
    if (window.granted.length === 0 || window.granted.includes(window.value)) return null;
    const beyond = parameters['beyond'] ?? BEYOND;
    const bits = noveltyBits('scope', window.value, baseline) + beyond;
    const threshold = baseline.threshold ?? parameters['bits'] ?? 14;
    return noticeFirstUse(window, baseline, bits, threshold, { noun: 'scope', many: 'scopes' }, [
      `The token carries ${window.granted.slice(0, 8).join(', ')}, not this one.`,
    ]);
  },
  examples: {
    quiet: [
      {
        name: 'a scope of the grant',
        window: useOf('scope', 'payments:write', { granted: ['payments:write'] }),
        baseline: knownFor({ 'accounts:read': 150 }),
      },
      {
        name: 'a grant that is not known',
        window: useOf('scope', 'payments:write'),
        baseline: knownFor({ 'accounts:read': 150 }),
      },
    ],
    firing: [
      {
        name: 'a scope that the token does not carry',
        window: useOf('scope', 'admin:write', { granted: ['accounts:read'] }),
        baseline: knownFor({ 'accounts:read': 150 }, { share: 0.1 }),
      },
    ],
  },
});
