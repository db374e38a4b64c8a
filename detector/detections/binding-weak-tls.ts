import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, plural } from '../words.ts';

/** Answered calls of a service over one version of TLS; epoch ms. */
export interface TransportWindow {
  environment: string;
  /** `1.0`, or `none` for plain HTTP. */
  version: string;
  first: number;
  last: number;
  calls: number;
  tokens: number;
  clients: readonly string[];
}

/** Calls over an old version of TLS, for examples. */
export const WEAK: TransportWindow = {
  ...{ environment: 'production', version: '1.1', first: MONDAY, last: MONDAY + 1000 },
  ...{ calls: 4, tokens: 1, clients: ['acme'] },
};

/** What the window says of itself, however weak it is. */
export function transportFacts(window: TransportWindow, usual: string) {
  return {
    value: `${window.environment} ${window.version}`.trim(),
    seen: window.version,
    usual,
    facts: { calls: window.calls, tokens: window.tokens, clients: [...window.clients] },
    from: window.first,
    to: window.last + 1,
  };
}

/** A service answers over a version of TLS that the policy does not allow. */
export const bindingWeakTls = defineDetection<TransportWindow, { minTls: string }>({
  id: 'binding.weak-tls',
  title: 'TLS below the policy',
  family: 'binding',
  severity: 'medium',
  owasp: ['API8:2023'],
  attack: ['T1040', 'T1557'],
  parameters: {},
  blindSpots: [
    'Services behind a proxy that ends TLS see its connection, not that of the client.',
    'Calls of which no version is reported.',
  ],
  runbook: [
    'Turn the old version off at the service or its load balancer.',
    'Ask the owners of the clients named to update first: they would be cut off.',
  ],
  detect: (window, { minTls }) => {
    const version = Number(window.version);
    if (!Number.isFinite(version) || version >= Number(minTls)) return null;
    return certainly({
      ...transportFacts(window, `TLS ${minTls} and above`),
      explanation:
        `${plural(window.calls, 'call')} answered over TLS ${window.version}, from ` +
        `${list(window.clients)}; usual by the policy is TLS ${minTls} and above.`,
      unit: 'version of TLS',
    });
  },
  examples: {
    quiet: [{ name: 'TLS 1.3', window: { ...WEAK, version: '1.3' }, baseline: { minTls: '1.2' } }],
    firing: [{ name: 'TLS 1.1', window: WEAK, baseline: { minTls: '1.2' } }],
  },
});
