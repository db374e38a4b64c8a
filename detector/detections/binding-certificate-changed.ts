import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, moment, plural } from '../words.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** A token with a certificate that is not the one it should come with; epoch ms. */
export interface CertificateWindow {
  first: number;
  last: number;
  calls: number;
  /** Lower-case hex; empty where it does not matter which. */
  certificate: string;
}

export interface CertificateBaseline {
  /** The token says, or is registered with, which certificate it is bound to. */
  bound: boolean;
  /** Calls with certificates that it showed before, and since when (epoch ms). */
  knownCalls: number;
  knownSince: number;
  /** Above 0 where other tokens came with the new certificate before. */
  siblings: number;
}

const calls: CertificateWindow = {
  ...{ first: MONDAY, last: MONDAY + 1000, calls: 1, certificate: 'c3'.repeat(32) },
};
const loose: CertificateBaseline = {
  ...{ bound: false, knownCalls: 900, knownSince: MONDAY - 40 * DAY_MS, siblings: 0 },
};

/** A token comes with another client certificate than the one it is bound to, or always showed. */
export const bindingCertificateChanged = defineDetection<CertificateWindow, CertificateBaseline>({
  id: 'binding.certificate-changed',
  title: 'Token with another client certificate',
  family: 'binding',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1550.001', 'T1649'],
  parameters: { known_calls: 20, known_days: 1 },
  blindSpots: [
    'Where the token is not bound, a certificate that another token of the installation showed before counts as known.',
    'A renewed certificate is told once, of the first token that comes with it.',
  ],
  runbook: [
    'Ask the owner of the client whether the certificate was renewed.',
    'If not, somebody else holds the token, with a certificate of their own: revoke it.',
  ],
  detect: (window, baseline, parameters) => {
    if (window.calls === 0) return null;
    const { bound, knownCalls, knownSince, siblings } = baseline;
    const days = (window.first - knownSince) / DAY_MS;
    const isKnown =
      knownCalls >= (parameters['known_calls'] ?? 20) && days >= (parameters['known_days'] ?? 1);
    if (!bound && (!isKnown || siblings > 0)) return null;
    const usual = bound
      ? 'the certificate that it is bound to'
      : `another one, in ${plural(knownCalls, 'call')} since ${moment(knownSince)}`;
    return certainly({
      value: window.certificate.slice(0, 16),
      explanation:
        `${count(window.calls)} accepted ${window.calls === 1 ? 'call' : 'calls'} with a client ` +
        `certificate that is not the token's; usual is ${usual}.`,
      seen: window.certificate === '' ? 'another certificate' : window.certificate,
      usual,
      unit: 'client certificate',
      facts: { bound, calls: window.calls },
      from: window.first,
      to: window.last + 1,
      calls: window.calls,
    });
  },
  examples: {
    quiet: [
      {
        name: 'a renewal that another token showed',
        window: calls,
        baseline: { ...loose, siblings: 2 },
      },
      { name: 'a token hardly known', window: calls, baseline: { ...loose, knownCalls: 3 } },
    ],
    firing: [
      { name: 'bound to another', window: calls, baseline: { ...loose, bound: true } },
      { name: 'not bound, but always the same', window: calls, baseline: loose },
    ],
  },
});
