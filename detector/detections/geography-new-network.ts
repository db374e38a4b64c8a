import { defineDetection } from '../detection.ts';
import { knownFor, useOf } from '../values/example.ts';
import { noticeFirstUse } from '../values/first-use.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { noveltyBits } from '../values/novelty.ts';
import { kindBits } from './geography-new-country.ts';
import type { CountryBaseline } from './geography-new-country.ts';

const provider = { '3320': 260 };

/** Surprise of a network: its own, that of its kind, and that of impossible switches. */
export function networkBits(asn: string, baseline: CountryBaseline): number {
  return noveltyBits('asn', asn, baseline) + kindBits(baseline) + 0.6 * baseline.alternationBits;
}

/** A token calls from a network that it has never called from, of an unusual kind. */
export const geographyNewNetwork = defineDetection<ValueWindow, CountryBaseline>({
  id: 'geography.new-network',
  title: 'Calls from a new network',
  family: 'geography',
  severity: 'medium',
  owasp: ['API2:2023'],
  attack: ['T1078.004', 'T1090'],
  parameters: { bits: 24 },
  blindSpots: [
    'Tokens on mobile and consumer networks change them all the time: their record says so.',
    'A thief inside the client’s own network.',
  ],
  runbook: [
    'Look up who owns the network: a hosting company is a server, not a person.',
    'Ask the client whether they moved a service or added a data centre.',
  ],
  detect: (window, baseline, parameters) => {
    const own = noveltyBits('asn', window.value, baseline);
    const bits = networkBits(window.value, baseline);
    if (own < 4) return null;
    const threshold = baseline.threshold ?? parameters['bits'] ?? 24;
    return noticeFirstUse(
      window,
      baseline,
      bits,
      threshold,
      { noun: 'calls from', many: 'networks', name: (asn) => `AS${asn}` },
      [`The network is of the kind: ${baseline.networkKind}.`],
    );
  },
  examples: {
    quiet: [
      {
        name: 'a roaming telephone',
        window: useOf('asn', '12430'),
        baseline: {
          ...knownFor({ '3320': 20, '3209': 14, '6805': 9, '8881': 3 }),
          networkBits: 0,
          alternationBits: 0,
          networkKind: 'mobile',
        },
      },
      {
        name: 'a desk that turns up on a telephone',
        window: useOf('asn', '12430'),
        baseline: {
          ...knownFor({ ...provider, '3209': 9 }),
          networkBits: 11,
          alternationBits: 0,
          networkKind: 'mobile',
        },
      },
    ],
    firing: [
      {
        name: 'an office token from a hosting company',
        window: useOf('asn', '16276'),
        baseline: {
          ...knownFor(provider),
          networkBits: 11,
          alternationBits: 0,
          networkKind: 'hosting',
        },
      },
    ],
  },
});
