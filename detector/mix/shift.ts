import { lnShareTail } from '../statistics/beta-binomial.ts';
import type { MixPast, RouteMinute, RoutePast } from '../../store/detection/mixes.ts';
import { HOUR_MS } from '../volume/calendar.ts';

/** What a token called within 60 minutes. */
export interface MixWindow {
  /** Beginning of the last minute, epoch ms. */
  minute: number;
  /** Calls on all routes, and by route. */
  calls: number;
  routes: ReadonlyMap<string, number>;
}

/** The route that makes up more of an hour than can be expected. */
export interface Shift {
  route: string;
  /** Its calls, and those of all routes, within the 60 minutes. */
  calls: number;
  of: number;
  /** Share of the token's calls that it usually has. */
  usual: number;
  bits: number;
}

/** Fewest calls within an hour, and of them on one route, that are judged. */
const FEWEST = 12;
const FEWEST_OF_ROUTE = 8;
/** A route is known for what it makes up three days after its first call: a release shifts the mix at once. */
const KNOWN_MS = 72 * HOUR_MS;
/** Correlation of calls within an hour that is believed at first, as from so many pairs of calls. */
const USUAL_CORRELATION = 0.03;
const PRIOR_PAIRS = 900;
/** Calls of an hour belong together, always a little and never wholly. */
const LEAST_CORRELATION = 0.005;
const MOST_CORRELATION = 0.6;
/** Thousands of calls say no more than hundreds, and take longer. */
const MOST_CALLS = 2_000;

/** Whether some calls by route are enough to be judged, whatever is usual. */
export function isWorthJudging(rows: readonly { route: string; calls: number }[]): boolean {
  const routes = new Map<string, number>();
  let all = 0;
  for (const { route, calls } of rows) {
    routes.set(route, (routes.get(route) ?? 0) + calls);
    all += calls;
  }
  return all >= FEWEST && Math.max(...routes.values()) >= FEWEST_OF_ROUTE;
}

/** Share of the token's calls that a route usually has. */
export function usualShareOf(route: RoutePast, past: MixPast): number {
  return Math.min(0.98, (route.calls + 0.5) / (past.calls + 0.5 * (past.routes.length + 1)));
}

/**
 * How much the calls of one hour go to the same route beyond its share: the intraclass correlation, by
 * moments. Of hours with n calls, r of them to a route with share p, Σ(r − np)² = p(1 − p)·Σ n(1 + (n − 1)ρ).
 */
export function correlationOf(route: RoutePast, past: MixPast): number {
  const p = usualShareOf(route, past);
  const scatter = route.squares - 2 * p * route.products + p * p * past.squares;
  const beyond = Math.max(0, scatter / (p * (1 - p)) - past.calls);
  const pairs = Math.max(0, past.squares - past.calls);
  const correlation = (beyond + USUAL_CORRELATION * PRIOR_PAIRS) / (pairs + PRIOR_PAIRS);
  return Math.min(MOST_CORRELATION, Math.max(LEAST_CORRELATION, correlation));
}

/** How much an own history is worth while it is short. */
function coldStart(active: number): number {
  return (active + 4) / (active + 24);
}

/**
 * Surprise of so many calls to one route, of all calls within 60 minutes: beta-binomial tail of its
 * share, in bits, less what one finds by looking at all routes.
 */
export function shareBits(calls: number, of: number, route: RoutePast, past: MixPast): number {
  if (of < FEWEST || calls < FEWEST_OF_ROUTE || calls > of) return 0;
  const p = usualShareOf(route, past);
  if (calls <= p * of) return 0;
  // A share that was seen in few calls is not known better than by these.
  const weight = Math.min(1 / correlationOf(route, past) - 1, past.calls + 1);
  const scale = Math.min(1, MOST_CALLS / of);
  const n = Math.round(of * scale);
  const x = Math.min(n, Math.round(calls * scale));
  const bits = -lnShareTail(x, n, p * weight, (1 - p) * weight) / Math.LN2;
  return Math.max(0, (bits - Math.log2(past.routes.length)) * coldStart(past.active));
}

/** The route whose share surprises most, or null where none does. Only routes that are known well count. */
export function shiftOf(window: MixWindow, past: MixPast): Shift | null {
  let most: Shift | null = null;
  for (const route of past.routes) {
    if (route.firstSeen > window.minute - KNOWN_MS) continue;
    const calls = window.routes.get(route.route) ?? 0;
    const bits = shareBits(calls, window.calls, route, past);
    if (bits <= (most?.bits ?? 0)) continue;
    const usual = usualShareOf(route, past);
    most = { route: route.route, calls, of: window.calls, usual, bits };
  }
  return most;
}

/**
 * Since when a route has had more than its share: the beginning of that stretch up to the end in which
 * its calls exceed what was to be expected of them by most.
 *
 * @param rows calls by minute (since the epoch) and route, in order of time
 * @returns a minute since the epoch
 */
export function shiftedSince(rows: readonly RouteMinute[], { route, usual }: Shift): number {
  let since = rows.at(-1)?.minute ?? 0;
  let excess = 0;
  let most = 0;
  for (const row of rows.toReversed()) {
    excess += (row.route === route ? row.calls : 0) - usual * row.calls;
    if (excess <= most) continue;
    most = excess;
    since = row.minute;
  }
  return since;
}

/** What an hour whose calls are made of something else is held against. */
export interface BesideMix {
  past: MixPast;
  /** Surprise of the volume with so many calls fewer, bits; absent where nothing is expected. */
  volumeBits?: (fewer: number) => number;
}

/** Below this the share of a route is nothing that its volume could add to, bits. */
const LEAST_SHARE = 4;
/** The most that the volume adds, bits: a token that only calls more is judged by that. */
const MOST_VOLUME = 12;

/**
 * Surprise of a shift of the mix: that of the route's share, and that of the volume beside it. Either
 * alone is what tokens show now and then, a busy hour of the usual, or a quiet one of something else.
 */
export function fetchingBits(share: number, volume: number): number {
  return share < LEAST_SHARE ? 0 : share + Math.min(MOST_VOLUME, volume);
}

/** The fewest calls to a route, beside the same calls to others, with more than so many bits. */
export function fewestToShift(
  shift: Shift,
  { past, volumeBits }: BesideMix,
  threshold: number,
): number {
  const route = past.routes.find((one) => one.route === shift.route);
  if (route === undefined) return shift.calls;
  const others = shift.of - shift.calls;
  const bitsWith = (calls: number): number => {
    const share = shareBits(calls, others + calls, route, past);
    return fetchingBits(share, volumeBits?.(shift.calls - calls) ?? 0);
  };
  let low = 0;
  let high = shift.calls;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (bitsWith(middle) > threshold) high = middle;
    else low = middle;
  }
  return high;
}
