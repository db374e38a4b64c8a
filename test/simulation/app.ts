/** The programs that clients run: which routes they call, and how deployments change them. */
import { DAY, HOUR, isDayOff, localHour } from './calendar.ts';
import { ROUTES, renamed, routesWhere } from './catalogue.ts';
import type { ClientPlan, RouteUse, SimulationOptions } from './plan.ts';
import type { Rng } from './random.ts';

/** One program of one client; all tokens that run it change together. */
export interface App {
  /** Its tokens carry the environment they were minted for. */
  saysEnvironment: boolean;
  agents: readonly { from: number; name: string }[];
  /** Cloud regions and networks that its servers use: index of the provider, share. */
  providers: readonly number[];
  /** When it moved to another provider as a whole, epoch ms; Infinity for never. */
  movesAt: number;
  /** The routes of one of its tokens, each with the time in which it is used. */
  usesOf(rng: Rng): RouteUse[];
}

/** Services that a kind of program has business with. */
const BUSINESS: Readonly<Record<string, readonly string[]>> = {
  desk: ['accounts', 'payments', 'cards', 'reports', 'fx', 'admin'],
  server: ['accounts', 'payments', 'reports', 'fx', 'webhooks', 'identity', 'cards'],
  mobile: ['accounts', 'payments', 'cards', 'identity'],
};

const AGENTS: Readonly<Record<string, readonly string[]>> = {
  desk: ['Mozilla/5.0 Chrome', 'Mozilla/5.0 Edge', 'TreasuryDesk', 'Excel-Connector'],
  server: ['okhttp', 'axios', 'Go-http-client', 'python-requests', 'Java-http-client'],
  mobile: ['BankApp-iOS', 'BankApp-Android'],
};

interface Deployment {
  at: number;
  /** Route that moves to the next version, or -1. */
  rename: number;
  /** Route that is called from now on, or -1. */
  add: number;
}

/** A time on a working day between 9 and 16 at the client's. */
function workingTime(rng: Rng, from: number, until: number, country: string): number {
  for (;;) {
    const at = rng.between(from, until);
    const hour = localHour(at, country);
    if (hour >= 9 && hour < 16 && !isDayOff(at, country)) return at;
    if (rng.chance(0.01)) return at; // And sometimes it could not wait.
  }
}

function planDeployments(
  rng: Rng,
  client: ClientPlan,
  options: SimulationOptions,
  routes: readonly number[],
  candidates: readonly number[],
): Deployment[] {
  const end = options.start + options.days * DAY;
  const deployments: Deployment[] = [];
  for (let i = rng.poisson(options.days / 12); i > 0; i--) {
    const adds = rng.chance(0.5);
    deployments.push({
      at: workingTime(rng, options.start, end, client.country),
      rename: adds ? -1 : rng.pick(routes),
      add: adds ? rng.pick(candidates) : -1,
    });
  }
  return deployments.sort((a, b) => a.at - b.at);
}

/** Decides one program of a client. */
export function planApp(
  rng: Rng,
  group: string,
  client: ClientPlan,
  options: SimulationOptions,
): App {
  const services = rng.sample(BUSINESS[group] ?? [], 1 + rng.int(3));
  const candidates = routesWhere((route) => services.includes(route.service));
  const routes = rng.sample(candidates, 3 + rng.int(7));
  const weights = routes.map((_, rank) => 1 / (rank + 1) ** 1.3);
  // What is hardly ever used: a report at the month's end, a dispute, a new key.
  const rare = rng.sample(candidates, 3).filter((route) => !routes.includes(route));
  const deployments = planDeployments(rng, client, options, routes, candidates);
  const version = (n: number): string => `${group === 'mobile' ? '7' : '2'}.${n}`;
  const name = rng.pick(AGENTS[group] ?? ['curl']);
  return {
    saysEnvironment: rng.chance(0.75),
    agents: [
      { from: 0, name: `${name}/${version(0)}` },
      ...deployments.map((d, i) => ({ from: d.at, name: `${name}/${version(i + 1)}` })),
    ],
    providers: [rng.int(6), rng.int(6)],
    movesAt: rng.chance(0.04) ? options.start + rng.next() * options.days * DAY : Infinity,
    usesOf: (token) => usesOf(token, routes, weights, rare, deployments),
  };
}

function usesOf(
  rng: Rng,
  routes: readonly number[],
  weights: readonly number[],
  rare: readonly number[],
  deployments: readonly Deployment[],
): RouteUse[] {
  const uses: RouteUse[] = [];
  routes.forEach((route, i) => {
    // Tokens of one program differ in what they do most, and skip some of it.
    if (i > 1 && rng.chance(0.25)) return;
    const weight = (weights[i] ?? 0) * rng.logNormal(1, 0.6);
    uses.push({ route, weight, from: 0, until: Infinity });
  });
  for (const route of rare) {
    if (rng.chance(0.4)) {
      uses.push({ route, weight: rng.logNormal(0.002, 1), from: 0, until: Infinity });
    }
  }
  for (const deployment of deployments) {
    // Roll-outs reach a token within minutes, sometimes hours.
    const at = deployment.at + Math.min(6 * HOUR, rng.exponential(30 * 60_000));
    const moved = uses.find((u) => u.route === deployment.rename && u.until === Infinity);
    if (moved !== undefined) {
      moved.until = at;
      const next = renamed(moved.route);
      uses.push({ route: next, weight: moved.weight, from: at, until: Infinity });
    }
    if (deployment.add >= 0 && !uses.some((u) => u.route === deployment.add)) {
      const weight = rng.between(0.05, 0.4);
      uses.push({ route: deployment.add, weight, from: at, until: Infinity });
    }
  }
  return uses.filter((use) => ROUTES[use.route] !== undefined);
}
