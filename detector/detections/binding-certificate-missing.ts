import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { plural } from '../words.ts';

/** Accepted calls of a bound token; epoch ms. */
export interface UnboundWindow {
  service: string;
  first: number;
  last: number;
  /** Calls that came without any certificate. */
  missing: number;
  /** Whether the service reports certificates of any call. */
  serviceSees: number;
}

const bare: UnboundWindow = {
  ...{ service: 'payments', first: MONDAY, last: MONDAY + 1000, missing: 2, serviceSees: 1 },
};

/** A token that is bound to a client certificate is accepted without one. */
export const bindingCertificateMissing = defineDetection<UnboundWindow, object>({
  id: 'binding.certificate-missing',
  title: 'Bound token accepted without its client certificate',
  family: 'binding',
  severity: 'critical',
  owasp: ['API2:2023'],
  attack: ['T1550.001'],
  parameters: {},
  blindSpots: [
    'Tokens that do not say that they are bound (cnf) and are not registered with a certificate.',
    'A service that reports no certificate of any call has one finding of its own: whether it checks them is not known.',
  ],
  runbook: [
    'See whether the service checks the binding (RFC 8705): it should have refused the call.',
    'If TLS ends at a proxy, have it pass the certificate on, and the service report it.',
    'If other calls come with the certificate, the token was taken from its holder: revoke it.',
  ],
  detect: (window) => {
    if (window.missing === 0) return null;
    const unknown = window.serviceSees > 0 ? [] : ['the service reports no client certificates'];
    return certainly({
      explanation:
        `${plural(window.missing, 'call')} to ${window.service} without the client certificate that ` +
        `the token is bound to, and accepted; usual is that every call presents it.` +
        (unknown.length === 0 ? '' : ` ${window.service} reports no certificate of any call.`),
      seen: window.missing,
      usual: 'none',
      unit: 'accepted calls without the certificate',
      facts: { service: window.service },
      unknown,
      from: window.first,
      to: window.last + 1,
      calls: window.missing,
    });
  },
  examples: {
    quiet: [{ name: 'all came with a certificate', window: { ...bare, missing: 0 }, baseline: {} }],
    firing: [
      { name: 'two calls without', window: bare, baseline: {} },
      {
        name: 'a service that reports none',
        window: { ...bare, serviceSees: 0 },
        baseline: {},
      },
    ],
  },
});
