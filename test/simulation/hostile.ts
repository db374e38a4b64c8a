/** The calls of an attack, one UTC day at a time. */
import type { Attack, AttackKind } from './attacks.ts';
import type { TokenState } from './behaviour.ts';
import { DAY, HOUR, localHour } from './calendar.ts';
import { ATTACK_COUNTRIES, FIRST_VERSION, ROUTES, place, routesWhere } from './catalogue.ts';
import type { NetworkKind } from '../../model/call.ts';
import type { TokenPlan, World } from './plan.ts';
import { Rng } from './random.ts';
import type { Row, Rows } from './rows.ts';

/** What one thief settles on at the beginning. */
export interface Thief {
  attack: Attack;
  token: TokenPlan;
  rng: Rng;
  /** Calls an hour while at it. */
  rate: number;
  place: number;
  ip: number;
  agent: number;
  environment: number;
  routes: readonly number[];
  status: number;
}

const MULTIPLES: Partial<Record<AttackKind, number>> = {
  exfil_3x: 3,
  exfil_10x: 10,
  exfil_50x: 50,
};

/** Calls an hour: multiples refer to the token's usual busy hour, on top of what it does itself. */
function hostileRate(kind: AttackKind, token: TokenPlan, rng: Rng): number {
  const multiple = MULTIPLES[kind];
  if (multiple !== undefined) return Math.min(20_000, (multiple - 1) * token.busyRate);
  switch (kind) {
    case 'slow_drip':
      return (rng.between(0.4, 0.8) * token.rate) / 24;
    case 'sharing':
      return Math.max(1, rng.between(0.2, 0.6) * token.busyRate);
    case 'denied_scopes':
      return rng.between(90, 300);
    case 'enumeration_fast':
      return rng.between(1500, 7000);
    case 'enumeration_slow':
      return rng.between(15, 60);
    case 'replay':
      return rng.between(20, 80);
    default:
      return Math.max(8, rng.logNormal(25, 0.6));
  }
}

const AWAY: readonly AttackKind[] = ['new_country', 'same_country_hosting', 'sharing'];

function hostilePlace(kind: AttackKind, world: World, token: TokenPlan, rng: Rng): number {
  const own = rng.pick(token.homes.slice(0, 2)).place;
  const home = token.client.country;
  // Servers live abroad: "the same country" is where the token usually is.
  const usual = world.places.values[token.homes[0]?.place ?? 0]?.country ?? home;
  const of = (country: string, kindOf: NetworkKind, which: number): number =>
    world.places.index(place(country, kindOf, which));
  switch (kind) {
    case 'new_country': {
      const known = [home, ...token.homes.map((h) => world.places.values[h.place]?.country ?? '')];
      const abroad = ATTACK_COUNTRIES.filter(
        (c) => !known.includes(c) && !token.trips.some((t) => t.country === c),
      );
      return of(rng.pick(abroad), rng.chance(0.7) ? 'hosting' : 'residential', 12 + rng.int(6));
    }
    case 'same_country_hosting':
      return of(usual, 'hosting', 12 + rng.int(6));
    case 'sharing':
      return of(usual, rng.chance(0.5) ? 'residential' : 'hosting', 12 + rng.int(6));
    case 'replay':
      return rng.chance(0.5) ? own : of(usual, 'hosting', 12 + rng.int(6));
    default:
      return own;
  }
}

function hostileRoutes(kind: AttackKind, token: TokenPlan, from: number, rng: Rng): number[] {
  const used = token.uses.filter((u) => u.from <= from && u.until > from).map((u) => u.route);
  const scopes = new Set(token.uses.map((u) => ROUTES[u.route]?.scope));
  switch (kind) {
    case 'new_scope': {
      const granted = routesWhere((r) => token.granted.includes(r.scope) && !scopes.has(r.scope));
      return granted.length > 0 ? rng.sample(granted, 1 + rng.int(3)) : [rng.int(FIRST_VERSION)];
    }
    case 'denied_scopes':
      return rng.sample(
        routesWhere((r) => !token.granted.includes(r.scope)),
        4 + rng.int(8),
      );
    case 'enumeration_fast':
    case 'enumeration_slow': {
      const byId = used.filter((r) => ROUTES[r]?.objectType !== '' && ROUTES[r]?.method === 'GET');
      const any = routesWhere((r) => r.method === 'GET' && token.granted.includes(r.scope));
      const named = any.filter((r) => ROUTES[r]?.objectType !== '');
      const choice = byId.length > 0 ? byId : named.length > 0 ? named : used;
      return [rng.pick(choice)];
    }
    default: {
      const reads = used.filter((r) => ROUTES[r]?.method === 'GET');
      return rng.sample(reads.length > 0 ? reads : used, 1 + rng.int(3));
    }
  }
}

/** Settles everything about an attack that does not change from call to call. */
export function hireThief(world: World, attack: Attack): Thief {
  const rng = new Rng(world.options.seed, 'thief', attack.index);
  const token = world.tokens[attack.slot];
  if (token === undefined) throw new RangeError(`no token slot ${attack.slot}`);
  const { kind } = attack;
  const home = token.environment === 'staging' ? 1 : 0;
  const own = token.agents.findLast((a) => a.from <= attack.from)?.agent ?? 0;
  const foreign = AWAY.includes(kind) || kind === 'env_mismatch';
  const tool = rng.pick(['curl/8.5.0', 'python-requests/2.31', 'Go-http-client/2.0', 'Postman/11']);
  return {
    ...{ attack, token, rng, rate: hostileRate(kind, token, rng) },
    place: hostilePlace(kind, world, token, rng),
    // From the token's own network a machine inside calls: the address is one of its own.
    ip: foreign ? 900_000_000 + attack.index : (token.slot % 3) + 1,
    agent: foreign && rng.chance(0.7) ? world.agents.index(tool) : own,
    environment: kind === 'env_mismatch' ? 1 - home : home,
    routes: hostileRoutes(kind, token, attack.from, rng),
    status: kind === 'denied_scopes' ? 403 : 200,
  };
}

/** Adds the hostile calls of one UTC day. */
export function strikeDay(thief: Thief, state: TokenState, day: number, rows: Rows): void {
  const { attack, token, rng } = thief;
  const from = Math.max(day, attack.from);
  const until = Math.min(day + DAY, attack.until);
  if (from >= until) return;
  const gap = HOUR / thief.rate;
  let time = from === attack.from ? from : from + rng.exponential(gap);
  while (time < until) {
    const awake = localHour(time, token.client.country);
    // Whoever shares a token works by day.
    if (attack.kind !== 'sharing' || (awake >= 8 && awake < 21)) {
      const row = hostileRow(thief, state, time);
      if (row !== null) rows.push(row);
    }
    time += rng.exponential(gap);
  }
}

function hostileRow(thief: Thief, state: TokenState, time: number): Row | null {
  const { attack, rng, token } = thief;
  let route = rng.pick(thief.routes);
  let object = ROUTES[route]?.objectType === '' ? 0 : Math.max(1, rng.int(state.objects + 1));
  let nonce = ROUTES[route]?.nonce === true ? (state.nonces += 1) : 0;
  let { status } = thief;
  if (attack.kind === 'enumeration_fast' || attack.kind === 'enumeration_slow') {
    object = 2 ** 31 + rng.int(2 ** 20);
    if (rng.chance(attack.kind === 'enumeration_fast' ? 0.7 : 0.4)) status = 404;
  }
  if (attack.kind === 'replay') {
    const made = state.paid.filter((one) => one.time < time);
    if (made.length === 0) return null;
    const latest = made.sort((a, b) => b.time - a.time).slice(0, 48);
    ({ route, object, nonce } = rng.pick(latest));
  }
  return {
    ...{ time, slot: token.slot, life: attack.life, route, status, place: thief.place },
    ...{ ip: thief.ip, agent: thief.agent, environment: thief.environment, object, nonce },
    attack: attack.index + 1,
  };
}
