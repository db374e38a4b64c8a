/** What the simulated bank offers and where calls come from. */
import type { NetworkKind } from '../../model/call.ts';

/** One route of one service, with the scope it exercises. */
export interface Route {
  service: string;
  method: string;
  route: string;
  scope: string;
  /** Empty when the route names no object. */
  objectType: string;
  /** Requests carry an idempotency key. */
  nonce: boolean;
}

/** service: resource: the actions that exist on it. */
const SERVICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  accounts: { accounts: 'rl', balances: 'r', transactions: 'rl', statements: 'rl', holders: 'rlu' },
  payments: { payments: 'rlcx', mandates: 'rlcx', beneficiaries: 'rlcu', standing: 'rlcx' },
  cards: { cards: 'rlcu', limits: 'ru', authorizations: 'rl', disputes: 'rlc' },
  reports: { reports: 'rlc', exports: 'rlc', reconciliations: 'rl', audit: 'l' },
  fx: { quotes: 'rlc', rates: 'l', trades: 'rlc' },
  identity: { users: 'rlcu', consents: 'rlcx', sessions: 'cx', devices: 'rl' },
  webhooks: { subscriptions: 'rlcx', deliveries: 'rl' },
  admin: { keys: 'lcx', roles: 'rlu', settings: 'ru' },
};

const ACTIONS: Readonly<
  Record<string, { method: string; byId: boolean; write: boolean; nonce: boolean }>
> = {
  l: { method: 'GET', byId: false, write: false, nonce: false },
  r: { method: 'GET', byId: true, write: false, nonce: false },
  c: { method: 'POST', byId: false, write: true, nonce: true },
  u: { method: 'PATCH', byId: true, write: true, nonce: false },
  x: { method: 'DELETE', byId: true, write: true, nonce: false },
};

function buildRoutes(): Route[] {
  const routes: Route[] = [];
  for (const [service, resources] of Object.entries(SERVICES)) {
    for (const [resource, actions] of Object.entries(resources)) {
      for (const letter of actions) {
        const action = ACTIONS[letter];
        if (action === undefined) throw new RangeError(`no action ${letter}`);
        routes.push({
          service,
          method: action.method,
          route: `/v1/${resource}${action.byId ? '/:id' : ''}`,
          scope: `${resource}:${action.write ? 'write' : 'read'}`,
          objectType: action.byId ? resource : '',
          nonce: action.nonce,
        });
      }
    }
  }
  // The same under its next version: where a deployment moves a client's calls.
  return [...routes, ...routes.map((r) => ({ ...r, route: r.route.replace('/v1/', '/v2/') }))];
}

/** All routes; the second half is the first half under `/v2/`. */
export const ROUTES: readonly Route[] = buildRoutes();
/** How many routes exist before any is renamed. */
export const FIRST_VERSION = ROUTES.length / 2;
export const SCOPES: readonly string[] = [...new Set(ROUTES.map((r) => r.scope))];

/** Index of the same route under its next version. */
export function renamed(route: number): number {
  return route < FIRST_VERSION ? route + FIRST_VERSION : route;
}

/** Indexes of first-version routes that a condition holds for. */
export function routesWhere(holds: (route: Route) => boolean): number[] {
  const out: number[] = [];
  for (let i = 0; i < FIRST_VERSION; i++) {
    const route = ROUTES[i];
    if (route !== undefined && holds(route)) out.push(i);
  }
  return out;
}

/** Where clients are at home, and how often. */
export const HOME_COUNTRIES: Readonly<Record<string, number>> = {
  ...{ GB: 20, DE: 20, US: 18, FR: 9, CH: 9, NL: 6, IN: 6, SG: 3, BR: 3, ZA: 4, ES: 2 },
};
/** Where cloud regions are. */
export const HOSTING_COUNTRIES = ['IE', 'DE', 'NL', 'US', 'GB', 'FR', 'SG', 'IN', 'BR', 'CH', 'SE'];
/** Where people travel. */
export const TRAVEL_COUNTRIES: readonly string[] = [
  ...['FR', 'ES', 'IT', 'DE', 'GB', 'US', 'AT', 'GR', 'PT', 'TR', 'AE', 'TH', 'JP', 'CH', 'NL'],
  ...['SG', 'IN', 'AU', 'CA', 'MX'],
];
/** Where stolen tokens turn up: some of them are at home or on holiday to somebody else. */
export const ATTACK_COUNTRIES = [
  ...['RU', 'CN', 'VN', 'NG', 'UA', 'RO', 'BR', 'TR', 'NL', 'US', 'DE', 'PL', 'SG'],
];

/** An exit to the internet as a collector would describe it. */
export interface Place {
  country: string;
  asn: number;
  kind: NetworkKind;
}

const KINDS: readonly NetworkKind[] = ['residential', 'mobile', 'hosting', 'vpn', 'private'];

/**
 * An exit by country, kind and which of that country's networks of the kind. Numbers are made up
 * (from 400,000, unassigned); hosting and VPN companies keep one number in all countries.
 */
export function place(country: string, kind: NetworkKind, which: number): Place {
  if (kind === 'private') return { country: '', asn: 0, kind };
  const local = kind === 'residential' || kind === 'mobile';
  const nation = local ? country.charCodeAt(0) * 26 + country.charCodeAt(1) : 0;
  return { country, asn: 400_000 + nation * 100 + KINDS.indexOf(kind) * 20 + which, kind };
}
