import { defineDetection } from '../detection.ts';
import { knownFor, useOf } from '../values/example.ts';
import { noticeFirstUse } from '../values/first-use.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';

const routes = { 'GET /accounts/:id': 400, 'GET /accounts': 300 };

/** A token calls a route that neither it nor its siblings have called. */
export const scopeNewRoute = defineDetection<ValueWindow, ValueBaseline>({
  id: 'scope.new-route',
  title: 'First call of a route',
  family: 'scope',
  severity: 'medium',
  owasp: ['API5:2023', 'API9:2023'],
  attack: ['T1078', 'T1526'],
  parameters: { bits: 19 },
  blindSpots: [
    'Deployments that rename routes for one token only look the same.',
    'Services that report raw paths instead of route templates make every call new.',
  ],
  runbook: [
    'See what the route does and whether its scope fits the client’s purpose.',
    'Look for a deployment of the service or of the client at that time.',
  ],
  detect: (window, baseline, parameters) => {
    const bits = noveltyBits('route', window.value, baseline);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 19;
    return noticeFirstUse(window, baseline, bits, threshold, { noun: 'call of', many: 'routes' });
  },
  examples: {
    quiet: [
      {
        name: 'a route that a sibling calls',
        window: useOf('route', 'GET /cards'),
        baseline: knownFor(routes, { clientTokensWith: 1 }),
      },
      {
        name: 'a deployment renames routes',
        window: useOf('route', 'GET /v2/accounts'),
        baseline: knownFor(routes, { clientTokensWith: 4, siblings: 4 }),
      },
    ],
    firing: [
      {
        name: 'a route that nobody at the client has ever called',
        window: useOf('route', 'GET /admin/exports'),
        baseline: knownFor({ 'GET /accounts/:id': 900 }),
      },
    ],
  },
});
