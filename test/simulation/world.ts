/** Makes clients and tokens of many kinds, and what will happen to them, from a seed. */
import { hashToken } from '../../model/hash.ts';
import { DAY, DEFAULT_START, HOUR } from './calendar.ts';
import { HOME_COUNTRIES, ROUTES, SCOPES } from './catalogue.ts';
import type { Place } from './catalogue.ts';
import { planApp } from './app.ts';
import type { App } from './app.ts';
import { planHomes, planTrips } from './homes.ts';
import { Interned } from './plan.ts';
import type { Archetype, ClientPlan, Life, Outage, SimulationOptions } from './plan.ts';
import type { Storm, TokenPlan, World } from './plan.ts';
import { Rng } from './random.ts';

export const DEFAULTS: SimulationOptions = {
  ...{ seed: 1, tokens: 2000, days: 28, scale: 1, start: DEFAULT_START, quietDays: 14 },
  attacksPerKind: 25,
};

const PEPPER = 'a pepper for simulated tokens only';

/** Kinds of client, how frequent each is, and the archetypes of its tokens. */
const CLIENT_KINDS: readonly { weight: number; mix: Partial<Record<Archetype, number>> }[] = [
  { weight: 40, mix: { office: 35, batch: 20, cron: 20, service: 12, sparse: 13 } },
  { weight: 25, mix: { service: 30, cron: 30, consumer: 20, batch: 10, mobile: 10 } },
  { weight: 20, mix: { mobile: 80, consumer: 8, service: 8, cron: 4 } },
  { weight: 15, mix: { office: 50, sparse: 40, batch: 10 } },
];

interface Shape {
  /** Median calls a day and the standard deviation of its logarithm. */
  rate: readonly [number, number];
  /** Hours of a day in which it is busy: what its busy rate divides by. */
  busyHours: number;
  dispersion: readonly [number, number];
  dayNoise: readonly [number, number];
}

const SHAPES: Readonly<Record<Archetype, Shape>> = {
  office: { rate: [90, 1], busyHours: 9, dispersion: [0.1, 0.9], dayNoise: [0.15, 0.4] },
  batch: { rate: [180, 1], busyHours: 4, dispersion: [0, 0.05], dayNoise: [0.05, 0.4] },
  cron: { rate: [150, 1], busyHours: 24, dispersion: [0, 0.2], dayNoise: [0, 0.1] },
  service: { rate: [220, 1.1], busyHours: 20, dispersion: [0.02, 0.25], dayNoise: [0.03, 0.2] },
  mobile: { rate: [40, 0.7], busyHours: 12, dispersion: [0.5, 1.5], dayNoise: [0.2, 0.5] },
  sparse: { rate: [2.5, 1], busyHours: 9, dispersion: [0.5, 2], dayNoise: [0.2, 0.5] },
  consumer: { rate: [220, 1], busyHours: 16, dispersion: [0.05, 0.4], dayNoise: [0.08, 0.25] },
};
const MAX_RATE = 3000;

interface Ground {
  options: SimulationOptions;
  end: number;
  places: Interned<Place>;
  agents: Interned<string>;
}

/** Decides everything about the world that is not a single call. Pure: seed in, plan out. */
export function planWorld(partial: Partial<SimulationOptions> = {}): World {
  const options = { ...DEFAULTS, ...partial };
  const end = options.start + options.days * DAY;
  const ground: Ground = { options, end, places: new Interned(), agents: new Interned() };
  const clients: ClientPlan[] = [];
  const tokens: TokenPlan[] = [];
  while (tokens.length < options.tokens) {
    const index = clients.length;
    const rng = new Rng(options.seed, 'client', index);
    const client = planClient(rng, index, options);
    clients.push(client);
    const left = options.tokens - tokens.length;
    const size = Math.min(left, Math.max(1, Math.min(120, Math.round(rng.logNormal(7, 1.1)))));
    const kind = CLIENT_KINDS[rng.weighted(CLIENT_KINDS.map((k) => k.weight))];
    // About 3% of clients and of tokens come in the course of the weeks.
    const clientStart = rng.chance(0.03) ? arrival(rng, options) : options.start;
    const apps = new Map<string, App>();
    for (let i = 0; i < size; i++) {
      const plan = planToken(ground, client, kind?.mix ?? {}, tokens.length, apps, clientStart);
      tokens.push(plan);
    }
  }
  const outages = planOutages(options);
  return {
    ...{ options, end, clients, tokens, outages },
    ...{ places: ground.places, agents: ground.agents },
  };
}

function planClient(rng: Rng, index: number, options: SimulationOptions): ClientPlan {
  const countries = Object.keys(HOME_COUNTRIES);
  const country = countries[rng.weighted(Object.values(HOME_COUNTRIES))] ?? 'GB';
  const daysOff = rng.chance(0.15) ? [rng.int(options.days)] : [];
  return {
    id: `client-${String(index).padStart(3, '0')}`,
    ...{ country, daysOff, dayNoise: rng.between(0.02, 0.15) },
  };
}

function arrival(rng: Rng, options: SimulationOptions): number {
  return options.start + Math.floor(rng.between(0.1, 0.95) * options.days * 24) * HOUR;
}

/** Tokens of one client that do the same kind of work run the same program. */
function appGroup(archetype: Archetype): string {
  if (archetype === 'office' || archetype === 'sparse') return 'desk';
  return archetype === 'mobile' ? 'mobile' : 'server';
}

function planToken(
  ground: Ground,
  client: ClientPlan,
  mix: Partial<Record<Archetype, number>>,
  slot: number,
  apps: Map<string, App>,
  clientStart: number,
): TokenPlan {
  const { options, end } = ground;
  const rng = new Rng(options.seed, 'token', slot);
  const archetypes = Object.keys(mix) as Archetype[];
  const archetype = archetypes[rng.weighted(Object.values(mix))] ?? 'office';
  const shape = SHAPES[archetype];
  const group = appGroup(archetype);
  let app = apps.get(group);
  if (app === undefined) {
    app = planApp(new Rng(options.seed, 'app', client.id, group), group, client, options);
    apps.set(group, app);
  }
  const start = rng.chance(0.03) ? Math.max(clientStart, arrival(rng, options)) : clientStart;
  const rate = Math.min(MAX_RATE, rng.logNormal(...shape.rate)) * options.scale;
  const staging = rng.chance(0.08) && archetype !== 'mobile';
  const uses = app.usesOf(rng);
  const trips = planTrips(rng, archetype, client.country, options);
  return {
    ...{ slot, client, archetype, rate, uses, trips },
    busyRate: rate / shape.busyHours,
    environment: staging ? 'staging' : 'production',
    tokenEnvironment: app.saysEnvironment ? (staging ? 'staging' : 'production') : '',
    granted: grantedScopes(
      rng,
      uses.map((u) => u.route),
    ),
    lives: planLives(rng, options, slot, start, archetype),
    homes: planHomes(rng, archetype, client, app, ground.places),
    storms: planStorms(rng, start, end),
    agents: app.agents.map((a) => ({ from: a.from, agent: ground.agents.index(a.name) })),
    ...planNoise(rng, shape, options),
    hour: archetype === 'batch' ? rng.between(0, 6) : rng.between(-1.5, 1.5),
    period: rng.pick([5, 15, 15, 60, 60]),
    weekend: archetype === 'office' ? rng.between(0, 0.08) : rng.between(0.3, 1.1),
    fresh: group === 'server' ? rng.between(0.05, 0.6) : rng.between(0.01, 0.15),
    // A few tokens keep calling what they may not, day after day.
    denied: rng.chance(0.03) ? rng.between(0.02, 0.1) : rng.between(0, 0.002),
    missing: rng.chance(0.1) ? rng.between(0.03, 0.15) : rng.between(0, 0.02),
  };
}

function planNoise(
  rng: Rng,
  shape: Shape,
  options: SimulationOptions,
): Pick<TokenPlan, 'dispersion' | 'dayNoise' | 'growth' | 'step'> {
  const stepAt = options.start + rng.next() * options.days * DAY;
  const factor = rng.chance(0.5) ? rng.between(1.4, 2.2) : rng.between(0.4, 0.75);
  return {
    dispersion: rng.between(...shape.dispersion),
    dayNoise: rng.between(...shape.dayNoise),
    growth: rng.chance(0.1) ? rng.between(-0.02, 0.03) : 0,
    step: rng.chance(0.03) ? { at: stepAt, factor } : { at: 0, factor: 1 },
  };
}

/** What the routes need, and some that were granted because it was easy. */
function grantedScopes(rng: Rng, routes: readonly number[]): string[] {
  const needed = new Set(routes.map((route) => ROUTES[route]?.scope ?? ''));
  for (const extra of rng.sample(SCOPES, 1 + rng.int(5))) needed.add(extra);
  return [...needed].sort();
}

function planLives(
  rng: Rng,
  options: SimulationOptions,
  slot: number,
  start: number,
  archetype: Archetype,
): Life[] {
  const rotates = rng.chance(archetype === 'sparse' ? 0.1 : 0.3);
  const period = rotates ? rng.pick([7, 14, 30, 30]) * DAY : Infinity;
  const overlap = rng.pick([0, 1, 24]) * HOUR;
  const dated = rng.chance(0.4);
  const lives: Life[] = [];
  let from = start - (rotates ? rng.next() * period : rng.between(10, 200) * DAY);
  // Rotations are scheduled for a quiet hour or for the office's morning.
  from = Math.floor(from / DAY) * DAY + rng.pick([2, 3, 8, 9]) * HOUR;
  while (from < options.start + options.days * DAY) {
    const until = from + period;
    if (until > start) {
      const name = `tok-${slot}-${lives.length}-${options.seed}`;
      lives.push({
        from: lives.length === 0 ? start : from,
        until,
        hash: hashToken(PEPPER, name),
        overlapUntil: lives.length === 0 ? 0 : from + overlap,
        issuedAt: dated ? Math.floor(from / 1000) : 0,
        expiresAt: dated
          ? Math.floor((from + (rotates ? period + 10 * DAY : 400 * DAY)) / 1000)
          : 0,
      });
    }
    from = until;
  }
  return lives;
}

/** About two a day for each thousand tokens. */
function planStorms(rng: Rng, from: number, end: number): Storm[] {
  const storms: Storm[] = [];
  const count = rng.poisson((0.002 * (end - from)) / DAY);
  for (let i = 0; i < count; i++) {
    const begin = rng.between(from, end);
    const duration = rng.logNormal(12 * 60_000, 0.6);
    const repeats = rng.between(1, 5);
    storms.push({
      from: begin,
      until: begin + duration,
      repeats,
      status: rng.pick([503, 429, 500]),
    });
  }
  return storms;
}

/** A service is down for some minutes about every nine days. */
function planOutages(options: SimulationOptions): Outage[] {
  const rng = new Rng(options.seed, 'outages');
  const services = [...new Set(ROUTES.map((r) => r.service))];
  const outages: Outage[] = [];
  for (let i = 0; i < Math.round(options.days / 9); i++) {
    const from = options.start + rng.next() * options.days * DAY;
    outages.push({ service: rng.pick(services), from, until: from + rng.between(4, 20) * 60_000 });
  }
  return outages;
}
