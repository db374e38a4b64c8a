import { defineDetection } from '../detection.ts';
import { knownFor, useOf } from '../values/example.ts';
import { noticeFirstUse } from '../values/first-use.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';
import { count, country } from '../words.ts';

/** The baseline of a country, with what else is odd about where the token calls from. */
export interface CountryBaseline extends ValueBaseline {
  /** Surprise of the network's kind, and of impossible switches, bits; within the last 24 h and hour. */
  networkBits: number;
  alternationBits: number;
  /** The kind of network, `unknown` when the ASN tells nothing. */
  networkKind: string;
}

/** Networks whose country says little about where somebody is. */
export const RELAYS: ReadonlySet<string> = new Set(['vpn']);

/**
 * What the kind of network adds: .7·max(0, its bits − 2). Nothing for a telephone, which everybody
 * carries: who turns up on a mobile network has left the desk, and thieves seldom call from one.
 */
export function kindBits({ networkBits, networkKind }: CountryBaseline): number {
  return networkKind === 'mobile' ? 0 : 0.7 * Math.max(0, networkBits - 2);
}

/** country + what its kind of network adds + .6·alternation; for relays the country alone. */
export function geographyBits(countryBits: number, baseline: CountryBaseline): number {
  if (RELAYS.has(baseline.networkKind)) return countryBits;
  return countryBits + kindBits(baseline) + 0.6 * baseline.alternationBits;
}

const germans = { DE: 220, AT: 12 };
const plain = { networkBits: 0, alternationBits: 0, networkKind: 'residential' };

/** A token calls from a country that it has never called from. */
export const geographyNewCountry = defineDetection<ValueWindow, CountryBaseline>({
  id: 'geography.new-country',
  title: 'Calls from a new country',
  family: 'geography',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1078.004', 'T1550.001'],
  parameters: { bits: 18 },
  blindSpots: [
    'A thief in the token’s own country (see geography.new-network).',
    'Countries that sibling tokens call from are hardly surprising.',
    'Without a country database, or behind a proxy that hides addresses, nothing is seen.',
  ],
  runbook: [
    'Compare what was called from the new country with what the token usually does.',
    'See whether the usual places went on calling at the same time: then it is two parties.',
    'Ask the client about travel, a new data centre or a VPN; revoke the token if nobody knows.',
  ],
  detect: (window, baseline, parameters) => {
    const own = noveltyBits('country', window.value, baseline);
    const relay = RELAYS.has(baseline.networkKind);
    const bits = geographyBits(own, baseline);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 18;
    const more: string[] = [];
    if (!relay && kindBits(baseline) > 0) {
      more.push(`The kind of network is unusual too: ${baseline.networkKind}.`);
    }
    if (!relay && baseline.alternationBits > 2) {
      more.push('Calls from the usual places went on in between, too far away for one traveller.');
    }
    // A country that is itself quite usual is no news, whatever else is odd.
    if (own < 4) return null;
    const noticed = noticeFirstUse(
      window,
      baseline,
      bits,
      threshold,
      { noun: 'calls from', many: 'countries', name: country },
      more,
    );
    if (noticed === null) return null;
    noticed.evidence.facts = {
      ...noticed.evidence.facts,
      country_bits: Number(count(own)),
      network_kind: baseline.networkKind,
    };
    if (baseline.networkKind === 'unknown') {
      noticed.evidence.unknown = [
        ...(noticed.evidence.unknown ?? []),
        'the kind of network is not known',
      ];
    }
    return noticed;
  },
  examples: {
    quiet: [
      {
        name: 'where siblings call from',
        window: useOf('country', 'FR'),
        baseline: { ...knownFor(germans, { clientTokensWith: 3, share: 0.1 }), ...plain },
      },
      {
        name: 'a traveller’s token',
        window: useOf('country', 'ES'),
        baseline: {
          ...knownFor({ DE: 30, FR: 8, IT: 9, GB: 7, NL: 3 }, { share: 0.08 }),
          ...plain,
        },
      },
      {
        name: 'a new token, nothing known',
        window: useOf('country', 'DE'),
        baseline: { ...knownFor({}, { share: 0.3 }), ...plain },
      },
    ],
    firing: [
      {
        name: 'a German token in Nigeria',
        window: useOf('country', 'NG'),
        baseline: { ...knownFor(germans), ...plain },
      },
      {
        name: 'a common country, but a hosting network and calls from home in between',
        window: useOf('country', 'NL'),
        baseline: {
          ...knownFor(germans, { share: 0.05 }),
          networkBits: 9,
          alternationBits: 12,
          networkKind: 'hosting',
        },
      },
    ],
  },
});
