/** What a token does in a day: its bursts become calls from a place, to routes, with outcomes. */
import { DAY } from './calendar.ts';
import { ROUTES, place } from './catalogue.ts';
import type { RouteUse, TokenPlan, Trip, World } from './plan.ts';
import { Rng } from './random.ts';
import { burstsOfDay } from './rhythm.ts';
import type { Row, Rows } from './rows.ts';

/** What a token remembers from day to day. */
export interface TokenState {
  rng: Rng;
  /** Logarithm of the day's factor, an AR(1) process. */
  mood: number;
  /** Highest object and nonce numbers used so far. */
  objects: number;
  nonces: number;
  sessions: number;
  /** Payments lately made, also later on the same day: what a thief could replay once they are made. */
  paid: { nonce: number; route: number; object: number; time: number }[];
}

export function newState(world: World, token: TokenPlan): TokenState {
  const rng = new Rng(world.options.seed, 'calls', token.slot);
  const objects = token.fresh < 0.15 ? 2 + rng.int(40) : 50 + rng.int(2000);
  return { rng, mood: 0, objects, nonces: 0, sessions: 0, paid: [] };
}

/** Where a session comes from, which lasts for the whole burst. */
interface Seat {
  place: number;
  ip: number;
}

interface Context {
  world: World;
  token: TokenPlan;
  state: TokenState;
  rows: Rows;
}

/** Adds a token's calls that begin on one UTC day; retries and long runs may reach into the next. */
export function actDay(context: Context, day: number): void {
  const { world, token, state } = context;
  const firstLife = token.lives[0];
  if (firstLife === undefined || firstLife.from >= day + DAY) return;
  const { rng } = state;
  state.mood = 0.6 * state.mood + Math.sqrt(1 - 0.36) * rng.normal();
  const clientRng = new Rng(world.options.seed, 'day', token.client.id, day);
  const noise = token.client.dayNoise * clientRng.normal() + token.dayNoise * state.mood;
  const factor = Math.exp(noise - (token.client.dayNoise ** 2 + token.dayNoise ** 2) / 2);
  const uses = token.uses.filter((use) => use.from < day + 2 * DAY && use.until > day);
  burstsOfDay(token, world.options.start, { day, factor }, rng, (start, calls, meanGap) => {
    const seat = takeSeat(context, start);
    let time = start;
    for (let i = 0; i < calls; i++) {
      if (i > 0 && meanGap > 0) time += rng.exponential(meanGap);
      if (time >= firstLife.from && time < world.end) oneCall(context, uses, time, seat);
    }
  });
}

function takeSeat(context: Context, time: number): Seat {
  const { world, token, state } = context;
  const { rng } = state;
  const trip = token.trips.find((t) => t.from <= time && time < t.until);
  if (trip !== undefined) {
    const seat = tripSeat(trip, rng, world, (state.sessions += 1));
    if (seat !== null) return seat;
  }
  let total = 0;
  for (const home of token.homes) {
    if (home.from <= time && time < home.until) total += home.weight;
  }
  let left = rng.next() * total;
  for (const home of token.homes) {
    if (home.from > time || home.until <= time) continue;
    left -= home.weight;
    if (left < 0) {
      const ip = home.roams ? (state.sessions += 1) + 1000 : (token.slot % 3) + 1;
      return { place: home.place, ip: home.roams ? ip * 4096 + (token.slot % 4096) : ip };
    }
  }
  return { place: token.homes[0]?.place ?? 0, ip: 1 };
}

/** A hotel's network or a foreign carrier; null when the phone's traffic is routed home. */
function tripSeat(trip: Trip, rng: Rng, world: World, session: number): Seat | null {
  if (trip.homeRouted && rng.chance(0.5)) return null;
  const where = rng.chance(0.5)
    ? place(trip.country, 'residential', rng.int(8))
    : place(trip.country, 'mobile', rng.int(4));
  return { place: world.places.index(where), ip: 9000 + session };
}

function pickRoute(uses: readonly RouteUse[], time: number, rng: Rng): number {
  let total = 0;
  for (const use of uses) if (use.from <= time && time < use.until) total += use.weight;
  let left = rng.next() * total;
  for (const use of uses) {
    if (use.from > time || use.until <= time) continue;
    left -= use.weight;
    if (left < 0) return use.route;
  }
  return uses[0]?.route ?? 0;
}

/** The credential in use: after a rotation the old one fades within the overlap. */
export function lifeAt(token: TokenPlan, time: number, rng: Rng): number {
  for (let i = token.lives.length - 1; i > 0; i--) {
    const life = token.lives[i];
    if (life === undefined || time < life.from) continue;
    const left = (life.overlapUntil - time) / Math.max(1, life.overlapUntil - life.from);
    return left > 0 && rng.chance(left) ? i - 1 : i;
  }
  return 0;
}

function agentAt(token: TokenPlan, time: number): number {
  let agent = 0;
  for (const entry of token.agents) if (entry.from <= time) agent = entry.agent;
  return agent;
}

function takeObject(state: TokenState, fresh: number): number {
  if (state.rng.chance(fresh)) return (state.objects += 1);
  // Lately named objects are named again.
  return Math.max(1, state.objects - Math.floor(state.objects * state.rng.next() ** 3));
}

function outcome(
  context: Context,
  time: number,
  service: string,
): { status: number; repeats: number } {
  const { world, token, state } = context;
  const { rng } = state;
  for (const outage of world.outages) {
    if (outage.service === service && outage.from <= time && time < outage.until) {
      return { status: 503, repeats: rng.poisson(1.5) };
    }
  }
  for (const storm of token.storms) {
    if (storm.from <= time && time < storm.until) {
      return { status: storm.status, repeats: rng.poisson(storm.repeats) };
    }
  }
  const luck = rng.next();
  if (luck < token.denied) return { status: 403, repeats: 0 };
  if (luck < token.denied + token.missing) return { status: 404, repeats: 0 };
  if (luck > 0.998) return { status: 503, repeats: rng.chance(0.7) ? 1 : 0 };
  return { status: luck > 0.99 ? 400 : 200, repeats: 0 };
}

function oneCall(context: Context, uses: readonly RouteUse[], time: number, seat: Seat): void {
  const { token, state, rows } = context;
  const index = pickRoute(uses, time, state.rng);
  const route = ROUTES[index];
  if (route === undefined) return;
  const { status, repeats } = outcome(context, time, route.service);
  const base: Row = {
    ...{ time, slot: token.slot, life: lifeAt(token, time, state.rng), route: index },
    status: status === 404 && route.objectType === '' ? 200 : status,
    ...{ place: seat.place, ip: seat.ip, agent: agentAt(token, time) },
    environment: token.environment === 'staging' ? 1 : 0,
    object: route.objectType === '' ? 0 : takeObject(state, token.fresh),
    nonce: route.nonce ? (state.nonces += 1) : 0,
    attack: 0,
  };
  rows.push(base);
  let at = time;
  for (let i = 0; i < repeats; i++) {
    at += 1000 + state.rng.exponential(4000);
    if (at < context.world.end)
      rows.push({ ...base, time: at, status: i + 1 < repeats ? status : 200 });
  }
  if (base.nonce > 0) {
    // An answer got lost on the way: the same payment is sent again although it was taken.
    if (repeats === 0 && state.rng.chance(0.001)) {
      rows.push({
        ...base,
        time: Math.min(context.world.end - 1, at + state.rng.between(2e3, 3e4)),
      });
    }
    state.paid.push({ nonce: base.nonce, route: index, object: base.object, time: at });
    // A day is acted at once: enough must be kept for the busiest token to have some from before it.
    if (state.paid.length > 8000) state.paid.splice(0, 4000);
  }
}
