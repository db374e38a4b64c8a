import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, plural } from '../words.ts';

/** Accepted calls from networks that are not on the token's list; epoch ms. */
export interface NetworkWindow {
  first: number;
  last: number;
  calls: number;
  /** `AS64500`. */
  networks: readonly string[];
}

const DAY = { first: MONDAY, last: MONDAY + 5000, calls: 3 };

/** A token is used from a network outside its allow-list. */
export const bindingNetworkNotAllowed = defineDetection<
  NetworkWindow,
  { allowed: readonly string[] }
>({
  id: 'binding.network-not-allowed',
  title: 'Token used from a network outside its allow-list',
  family: 'binding',
  severity: 'high',
  owasp: ['API2:2023', 'API8:2023'],
  attack: ['T1078'],
  parameters: {},
  blindSpots: [
    'Lists are of networks (AS numbers), registered for a token: blocks of addresses are configured for a client (binding.address-not-allowed).',
    'Addresses of which no AS number is known.',
  ],
  runbook: [
    'Find out why the service or the gateway let the address pass: the list should be enforced there.',
    'If the owner moved, register the new network; if not, revoke the token.',
  ],
  detect: (window, { allowed }) => {
    const foreign = window.networks.filter((one) => !allowed.includes(one));
    if (allowed.length === 0 || foreign.length === 0) return null;
    return certainly({
      value: foreign[0] ?? '',
      explanation:
        `${plural(window.calls, 'accepted call')} from ${list(foreign)}; the token may be used from ` +
        `${list(allowed)} only, which is its usual.`,
      seen: list(foreign),
      usual: list(allowed, 8),
      unit: 'networks',
      facts: { networks: [...foreign], allowed: [...allowed] },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      {
        name: 'from a network of the list',
        window: { ...DAY, networks: ['AS3320'] },
        baseline: { allowed: ['AS3320'] },
      },
    ],
    firing: [
      {
        name: 'from elsewhere',
        window: { ...DAY, networks: ['AS28573'] },
        baseline: { allowed: ['AS3320'] },
      },
    ],
  },
});
