import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { looksSensitive } from '../inventory/sensitive.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural } from '../words.ts';

/** Answered calls of an endpoint that came without a valid token; epoch ms. */
export interface AnonymousWindow {
  method: string;
  route: string;
  first: number;
  last: number;
  calls: number;
  /** Calls of which the service itself said that no valid token came. */
  explicit: number;
  /** Calls of the endpoint that came with one lately. */
  withToken: number;
}

interface Share {
  calls: number;
  anonymous: number;
}

export interface AnonymousBaseline {
  /** The configuration calls the route sensitive. */
  configured: boolean;
  /** Whether an OpenAPI file says that it needs a credential; null where none tells. */
  documented: boolean | null;
  /** Answered calls of routes under the same prefix. */
  neighbours: Share;
  /** Those of the endpoint itself, before. */
  own: Share;
}

const open: AnonymousWindow = {
  ...{ method: 'GET', route: '/v1/accounts/:id', first: MONDAY, last: MONDAY + 10 },
  ...{ calls: 1, explicit: 1, withToken: 0 },
};
const unknown: AnonymousBaseline = {
  ...{ configured: false, documented: null },
  ...{ neighbours: { calls: 0, anonymous: 0 }, own: { calls: 0, anonymous: 0 } },
};

/** Why a route is taken for one that needs a token; null where nothing says so. */
function reason(
  window: AnonymousWindow,
  { configured, documented, neighbours, own }: AnonymousBaseline,
  least: number,
): string | null {
  if (configured) return 'the configuration calls it sensitive';
  if (documented === true) return 'its OpenAPI file says that it needs a credential';
  if (documented === false) return null;
  const isOpenByDesign = own.anonymous >= least && own.anonymous * 2 >= own.calls;
  if (looksSensitive(window.route)) return 'its name says that it is sensitive';
  if (!isOpenByDesign && neighbours.calls >= least && neighbours.anonymous * 20 <= neighbours.calls)
    return `its neighbours answer only with a token (${count(neighbours.calls)} calls)`;
  return null;
}

/** A route that should need a token answers without one. */
export const authorizationUnauthenticated = defineDetection<AnonymousWindow, AnonymousBaseline>({
  id: 'authorization.unauthenticated',
  title: 'Sensitive route answers without a token',
  family: 'authorization',
  severity: 'critical',
  owasp: ['API2:2023', 'API5:2023'],
  attack: ['T1190'],
  parameters: { neighbour_calls: 20 },
  blindSpots: [
    'Services that do not report whether a token came, on routes to which none ever came.',
    'Routes whose name says nothing, without neighbours: list them in detector.policy.sensitive_routes.',
  ],
  runbook: [
    'Call the route without a token: if it answers, take it off the net or behind the gateway now.',
    'See what the calls got and from where; each may be a leak to be reported.',
    'If it is meant to be open, add it to detector.policy.public_routes.',
  ],
  detect: (window, baseline, parameters) => {
    if (window.calls === 0 || (window.explicit === 0 && window.withToken === 0)) return null;
    const why = reason(window, baseline, parameters['neighbour_calls'] ?? 20);
    if (why === null) return null;
    return certainly({
      explanation:
        `${window.method} ${window.route} answered ${plural(window.calls, 'call')} without a valid ` +
        `token; usual is none, for ${why}. The first call suffices.`,
      seen: window.calls,
      usual: 'none',
      unit: 'answered calls without a token',
      facts: { why, calls_with_a_token: window.withToken },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      {
        name: 'exchange rates, open as ever',
        window: { ...open, route: '/v1/rates' },
        baseline: { ...unknown, own: { calls: 500, anonymous: 490 } },
      },
      {
        name: 'a service that reports no credentials',
        window: { ...open, explicit: 0 },
        baseline: unknown,
      },
      {
        name: 'open by its OpenAPI file',
        window: open,
        baseline: { ...unknown, documented: false },
      },
    ],
    firing: [
      { name: 'an account', window: open, baseline: unknown },
      {
        name: 'among neighbours that need one',
        window: { ...open, route: '/v1/limits/:id' },
        baseline: { ...unknown, neighbours: { calls: 300, anonymous: 2 } },
      },
    ],
  },
});
