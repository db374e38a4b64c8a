import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { country, list, plural } from '../words.ts';

/** Accepted calls of a token from addresses outside its client's allow-list; epoch ms. */
export interface AddressWindow {
  clientId: string;
  first: number;
  last: number;
  calls: number;
  /** Distinct addresses. */
  addresses: number;
  /** Where the first of them is; empty where it is not known. */
  place: string;
  /** Where they are, as far as it is known: `AS64500`, `DE`. */
  networks: readonly string[];
  countries: readonly string[];
  /** How many of the calls came from private addresses. */
  fromPrivate: number;
}

const ABROAD: AddressWindow = {
  ...{ clientId: 'acme', first: MONDAY, last: MONDAY + 5000, calls: 3, addresses: 1 },
  place: 'AS28573',
  ...{ networks: ['AS28573'], countries: ['BR'], fromPrivate: 0 },
};

function whence({ networks, countries, calls, fromPrivate }: AddressWindow): string {
  const places = [...networks, ...countries.map(country)];
  if (places.length > 0) return ` (${list(places)})`;
  return fromPrivate === calls ? ' (private ones: does a proxy stand in between?)' : '';
}

/** A token is used from an address outside its client's allow-list. */
export const bindingAddressNotAllowed = defineDetection<AddressWindow, object>({
  id: 'binding.address-not-allowed',
  title: 'Token used from an address outside its allow-list',
  family: 'binding',
  severity: 'high',
  owasp: ['API2:2023', 'API8:2023'],
  attack: ['T1078'],
  parameters: {},
  blindSpots: [
    'Clients without a list (collector.allowed_addresses), and calls of which no client or no address is known.',
    'Calls that were kept before the list was configured: only the collector sees addresses.',
    'A thief behind an address of the list, as in the same office or the same cloud NAT.',
  ],
  runbook: [
    'Find out why the service or the gateway let the address pass: the list should be enforced there.',
    'Where all calls come from private addresses, set collector.trusted_hops: a proxy stands in between.',
    'If the client moved, add its new addresses to collector.allowed_addresses; if not, revoke the token.',
  ],
  detect: (window) => {
    if (window.calls === 0) return null;
    return certainly({
      value: window.place,
      explanation:
        `${plural(window.calls, 'accepted call')} from ` +
        `${plural(window.addresses, 'address', 'addresses')} outside the allow-list of ` +
        `${window.clientId}${whence(window)}; usual are addresses of the list only.`,
      seen: window.addresses,
      usual: 'addresses of the allow-list',
      unit: 'addresses',
      facts: {
        calls: window.calls,
        networks: [...window.networks],
        countries: [...window.countries],
        privateCalls: window.fromPrivate,
      },
      from: window.first,
      to: window.last + 1,
      calls: window.calls,
    });
  },
  examples: {
    quiet: [{ name: 'every call from the list', window: { ...ABROAD, calls: 0 }, baseline: {} }],
    firing: [
      { name: 'from elsewhere', window: ABROAD, baseline: {} },
      {
        name: 'from a private address, as behind a proxy that nobody told of',
        window: { ...ABROAD, place: '', networks: [], countries: [], fromPrivate: 3 },
        baseline: {},
      },
    ],
  },
});
