import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { plural } from '../words.ts';

/** Calls of an endpoint that its OpenAPI file calls deprecated; epoch ms. */
export interface DeprecatedWindow {
  service: string;
  method: string;
  route: string;
  first: number;
  last: number;
  calls: number;
  tokens: number;
}

const old: DeprecatedWindow = {
  ...{ service: 'payments', method: 'GET', route: '/v1/transfers', first: MONDAY },
  ...{ last: MONDAY + 1000, calls: 3, tokens: 2 },
};

/** A route that is documented as deprecated still answers. */
export const inventoryDeprecatedRoute = defineDetection<
  DeprecatedWindow,
  { isDeprecated: boolean }
>({
  id: 'inventory.deprecated-route',
  title: 'Deprecated route still in use',
  family: 'inventory',
  severity: 'low',
  owasp: ['API9:2023'],
  attack: ['T1190'],
  parameters: {},
  blindSpots: [
    'Services without an OpenAPI file in detector.openapi, and operations without deprecated: true.',
    'It is told once for each route; /api/v1/inventory lists them all, with their calls.',
  ],
  runbook: [
    'See which clients still call it, and give them a date.',
    'When none is left, take the route off: old versions miss what was mended since.',
  ],
  detect: (window, { isDeprecated }) => {
    if (!isDeprecated || window.calls === 0) return null;
    const { service, method, route } = window;
    return certainly({
      explanation:
        `${service} answered ${plural(window.calls, 'call')} of ${plural(window.tokens, 'token')} to ` +
        `${method} ${route}, which its OpenAPI file calls deprecated; usual is that nobody calls it.`,
      seen: `${method} ${route}`,
      usual: 'no calls',
      unit: 'routes',
      facts: { calls: window.calls, tokens: window.tokens },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [{ name: 'a current route', window: old, baseline: { isDeprecated: false } }],
    firing: [{ name: 'an old version', window: old, baseline: { isDeprecated: true } }],
  },
});
