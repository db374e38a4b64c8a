import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { list, plural } from '../words.ts';
import { WEAK, transportFacts } from './binding-weak-tls.ts';
import type { TransportWindow } from './binding-weak-tls.ts';

/** A service answers over plain HTTP to a public address. */
export const bindingPlainHttp = defineDetection<TransportWindow, object>({
  id: 'binding.plain-http',
  title: 'Calls without TLS from public addresses',
  family: 'binding',
  severity: 'high',
  owasp: ['API8:2023'],
  attack: ['T1040', 'T1557'],
  parameters: {},
  blindSpots: [
    'Calls from private addresses are left out: a proxy has most likely ended TLS in front.',
    'Services that do not report the scheme of the URL.',
  ],
  runbook: [
    'If a proxy ends TLS in front, say so: collector.trusted_hops, or detector.policy.require_tls: false.',
    'If not, every token that came so was readable on its way: rotate them and close the port.',
  ],
  detect: (window) => {
    if (window.version !== 'none' || window.calls === 0) return null;
    return certainly({
      ...transportFacts(window, 'TLS on every call'),
      explanation:
        `${plural(window.calls, 'call')} with ${plural(window.tokens, 'token')} answered over plain ` +
        `HTTP to public addresses, from ${list(window.clients)}; usual is TLS on every call.`,
      unit: 'transport',
    });
  },
  examples: {
    quiet: [{ name: 'TLS', window: { ...WEAK, version: '1.3' }, baseline: {} }],
    firing: [{ name: 'plain HTTP', window: { ...WEAK, version: 'none' }, baseline: {} }],
  },
});
