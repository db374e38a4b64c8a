import { lnUpperTail } from '../statistics/negative-binomial.ts';
import { COUNTRIES } from './countries.ts';

const EARTH_KM = 6371;
/** Faster than any airliner, km/h, and the least distance that counts, km. */
const IMPOSSIBLE_SPEED = 1000;
const LEAST_RADIUS = 200;

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/**
 * Kilometres that certainly lie between two countries: the great circle between their centres less
 * their radii (together at least 200 km). 0 when they are neighbours or one of them is unknown.
 */
export function distanceKm(from: string, to: string): number {
  const a = COUNTRIES[from];
  const b = COUNTRIES[to];
  if (a === undefined || b === undefined || from === to) return 0;
  const dLat = radians(b[0] - a[0]);
  const dLon = radians(b[1] - a[1]);
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(radians(a[0])) * Math.cos(radians(b[0])) * Math.sin(dLon / 2) ** 2;
  const km = 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
  return Math.max(0, km - Math.max(LEAST_RADIUS, a[2] + b[2]));
}

/** A call's place in time. */
export interface Stop {
  /** Epoch ms. */
  time: number;
  country: string;
  /** Known VPNs, relays and corporate egress do not travel. */
  relay: boolean;
}

/** A change of country that nobody can have made. */
export interface Switch {
  from: string;
  to: string;
  /** Epoch ms of the call before and the call after. */
  left: number;
  arrived: number;
  km: number;
  kmh: number;
}

/** The impossible changes of country among calls in order of time: over 1,000 km/h. */
export function impossibleSwitches(stops: readonly Stop[]): Switch[] {
  const found: Switch[] = [];
  let last: Stop | null = null;
  for (const stop of stops) {
    if (stop.relay || stop.country === '') continue;
    if (last !== null && last.country !== stop.country) {
      const km = distanceKm(last.country, stop.country);
      // Two calls in the same instant count as a second apart: no infinite speed.
      const hours = Math.max(1000, stop.time - last.time) / 3_600_000;
      if (km / hours > IMPOSSIBLE_SPEED) {
        found.push({
          from: last.country,
          to: stop.country,
          left: last.time,
          arrived: stop.time,
          km,
          kmh: km / hours,
        });
      }
    }
    last = stop;
  }
  return found;
}

/** Two countries whatever the direction, as `DE-US`. */
export function pairOf(a: string, b: string): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

/**
 * Switches less those between two countries that the token, or another of its client's, has long
 * been calling from in turns: a service in two regions switches dozens of times an hour.
 *
 * @param pairs as `pairOf` names them
 */
export function strangeSwitches(
  switches: readonly Switch[],
  pairs: ReadonlySet<string>,
): readonly Switch[] {
  if (pairs.size === 0) return switches;
  return switches.filter((one) => !pairs.has(pairOf(one.from, one.to)));
}

/** Impossible switches that hours with several countries must have held: two for each such hour, of pairs not yet known. */
export function pastSwitches(
  several: readonly (readonly string[])[],
  pairs: ReadonlySet<string>,
): number {
  let past = 0;
  for (const countries of several) {
    const far = countries.some((a) =>
      countries.some((b) => distanceKm(a, b) > IMPOSSIBLE_SPEED && !pairs.has(pairOf(a, b))),
    );
    if (far) past += 2;
  }
  return past;
}

/**
 * Surprise of impossible switches within an hour against the token's own rate:
 * μ = (past + .1)/(active hours + 10), r = .5.
 */
export function alternationBits(switches: number, past: number, activeHours: number): number {
  if (switches <= 0) return 0;
  const mean = (Math.max(0, past) + 0.1) / (Math.max(0, activeHours) + 10);
  return -lnUpperTail(switches, mean, 0.5) / Math.LN2;
}
