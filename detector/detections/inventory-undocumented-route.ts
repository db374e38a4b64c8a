import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { looksSensitive } from '../inventory/sensitive.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural } from '../words.ts';

/** An endpoint that answered; epoch ms. */
export interface SeenWindow {
  service: string;
  method: string;
  route: string;
  first: number;
  last: number;
  calls: number;
  /** Calls that came without a valid token. */
  anonymous: number;
  tokens: number;
}

/** An endpoint that answered, for examples. */
export const SEEN: SeenWindow = {
  ...{ service: 'payments', method: 'GET', route: '/v1/export', first: MONDAY },
  ...{ last: MONDAY + 1000, calls: 3, anonymous: 0, tokens: 1 },
};

/** A service answers on a route that its OpenAPI files do not know. */
export const inventoryUndocumentedRoute = defineDetection<SeenWindow, { isDocumented: boolean }>({
  id: 'inventory.undocumented-route',
  title: 'Route that no OpenAPI file documents',
  family: 'inventory',
  severity: 'medium',
  owasp: ['API9:2023'],
  attack: ['T1190'],
  parameters: {},
  blindSpots: [
    'Services without an OpenAPI file in detector.openapi.',
    'A word in the place of a documented parameter (/users/export beside /users/{id}) passes for it: identifiers may look like words.',
  ],
  runbook: [
    'Find out who released it; a forgotten or test route is rarely kept as safe as the others.',
    'Document it, or take it off. Severity grows with a sensitive name and with calls without a token.',
  ],
  detect: (window, { isDocumented }) => {
    if (isDocumented || window.calls === 0) return null;
    const open = window.anonymous > 0 ? `, ${count(window.anonymous)} without a valid token` : '';
    return certainly({
      explanation:
        `${window.service} answered ${plural(window.calls, 'call')} to ${window.method} ` +
        `${window.route}${open}; none of its OpenAPI files has it, usual are documented routes only.`,
      seen: `${window.method} ${window.route}`,
      usual: 'documented routes',
      unit: 'routes',
      facts: {
        ...{ calls: window.calls, without_token: window.anonymous, tokens: window.tokens },
        looks_sensitive: looksSensitive(window.route),
      },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [{ name: 'documented', window: SEEN, baseline: { isDocumented: true } }],
    firing: [{ name: 'a forgotten export', window: SEEN, baseline: { isDocumented: false } }],
  },
});
