import { lnLowerTail, lnMix, lnUpperTail } from '../statistics/negative-binomial.ts';
import { dispersionOf, firstHour, levelOf, meansAt, shapes, weightsOf } from './state.ts';
import type { Means, Parent, VolumeState } from './state.ts';

/** Everything that judging an entity's volume in one hour needs: one row of `volume_profile`. */
export interface Expectation {
  hour: number;
  /** Hours since the first call. */
  ageHours: number;
  /** Of this hour, of the one before, and of the 24 hours that end with this one. */
  means: Means;
  before: Means;
  day: Means;
  /** By window: 1 min, 5 min, 1 h, 24 h. */
  phi: readonly number[];
  psi: readonly number[];
  weights: readonly number[];
  /** Tokens of the client, this one included; for a client, its tokens. */
  siblings: number;
}

/** What a state expects of an hour that it has not learnt. */
export function expectationAt(
  state: VolumeState,
  parent: Parent,
  hour: number,
  siblings: number,
): Expectation {
  const level = levelOf(state, parent, hour);
  const day = { a: 0, b: 0 };
  let before: Means = { a: 0, b: 0 };
  for (let h = hour - 23; h < hour; h += 1) {
    before = meansAt(state, parent, h, level);
    day.a += before.a;
    day.b += before.b;
  }
  const means = meansAt(state, parent, hour, level);
  const ageHours = Math.max(0, hour - firstHour(state));
  return {
    hour,
    ageHours,
    means,
    before,
    day: { a: day.a + means.a, b: day.b + means.b },
    ...dispersionOf(state, level),
    weights: weightsOf(state),
    siblings,
  };
}

/** The window that a count is of: its index among 1 min, 5 min, 1 h, 24 h. */
export type Window = 0 | 1 | 2 | 3;

/** Three experts' means and shapes for one window. */
export interface Mixture {
  means: readonly number[];
  shapes: readonly number[];
  weights: readonly number[];
}

/**
 * The distribution of a window's count.
 *
 * @param minuteOfHour 0 to 59: the last minute of the window; a trailing hour spans two clock hours
 * @param move factor by which the client's other tokens move now, ≥ 1
 */
export function mixtureOf(
  expectation: Expectation,
  window: Window,
  minuteOfHour: number,
  move: number,
): Mixture {
  const { means, before, day } = expectation;
  const f = (minuteOfHour + 1) / 60;
  const share = window === 0 ? 1 / 60 : 1 / 12;
  const of = (part: 'a' | 'b'): number => {
    if (window === 3) return day[part] * move;
    if (window === 2) return (f * means[part] + (1 - f) * before[part]) * move;
    return means[part] * share * move;
  };
  const pair = { a: Math.max(of('a'), 1e-4), b: Math.max(of('b'), 1e-4) };
  return {
    means: [pair.a, pair.a, pair.b],
    shapes: shapes(
      pair,
      expectation.phi[window] ?? 1,
      expectation.psi[window] ?? 3,
      expectation.ageHours,
    ),
    weights: expectation.weights,
  };
}

/** The mixture's mean. */
export function meanOf(mixture: Mixture): number {
  return mixture.means.reduce((sum, mean, i) => sum + mean * (mixture.weights[i] ?? 0), 0);
}

/** ln P(X ≥ x): the weighted mean of the experts' tails. */
export function lnAtLeast(mixture: Mixture, x: number): number {
  const tails = mixture.means.map((mean, i) => lnUpperTail(x, mean, mixture.shapes[i] ?? 1));
  return Math.min(0, lnMix(mixture.weights, tails));
}

/** ln P(X ≤ x). */
export function lnAtMost(mixture: Mixture, x: number): number {
  const tails = mixture.means.map((mean, i) => lnLowerTail(x, mean, mixture.shapes[i] ?? 1));
  return Math.min(0, lnMix(mixture.weights, tails));
}

/** The smallest count x ≥ `from` for which `reached` holds; it must hold for all larger ones. */
export function firstCount(reached: (x: number) => boolean, from = 0): number {
  let high = Math.max(1, from);
  while (!reached(high) && high < 1e12) high *= 2;
  let low = Math.max(from, Math.floor(high / 2) - 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return reached(low) ? low : high;
}

/** The smallest count for which `reached` holds, searched outwards from a guess in steps of `step`. */
function firstCountNear(reached: (x: number) => boolean, guess: number, step: number): number {
  let high = Math.max(0, Math.round(guess));
  let low = high;
  let stride = Math.max(1, Math.round(step));
  if (reached(high)) {
    do {
      high = low;
      low = Math.max(0, low - stride);
      stride *= 2;
    } while (low > 0 && reached(low));
    if (low === 0 && reached(0)) return 0;
  } else {
    do {
      low = high;
      high += stride;
      stride *= 2;
    } while (high < 1e12 && !reached(high));
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Standard normal deviate of the 99th percentile. */
const Z99 = 2.326;

/**
 * The usual band: 1st and 99th percentile of a window's count. The search begins where a gamma
 * distribution of the same mean and variance has them (Wilson and Hilferty 1931).
 */
export function bandOf(mixture: Mixture): { low: number; high: number } {
  const mean = Math.max(meanOf(mixture), 1e-4);
  const variance = mixture.means.reduce((sum, mu, i) => {
    const own = mu + (mu * mu) / (mixture.shapes[i] ?? 1) + (mu - mean) ** 2;
    return sum + (mixture.weights[i] ?? 0) * own;
  }, 0);
  const spread = Math.max(variance, mean) / (9 * mean * mean);
  const guess = (z: number): number => mean * Math.max(0, 1 - spread + z * Math.sqrt(spread)) ** 3;
  const step = Math.sqrt(Math.max(variance, mean)) / 16;
  const below = (share: number) => (x: number) => lnAtMost(mixture, x) >= Math.log(share);
  return {
    low: firstCountNear(below(0.01), guess(-Z99), step),
    high: firstCountNear(below(0.99), guess(Z99), step),
  };
}
