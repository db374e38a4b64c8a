/** What the past says about how often an excess is reached. */
export interface Tail {
  /** Entity-hours that were pooled, idle ones included. */
  hours: number;
  /** The largest excesses, in descending order. */
  top: readonly number[];
}

/** How many of the largest excesses are kept of a dimension. */
export const KEPT = 1000;
/** Beyond this rank the tail is exponential. */
const RANK = 40;
/** The belief that a detection's own threshold expresses counts for so many entity-hours. */
const BELIEF_HOURS = 50_000;
/** Share of entity-hours that are believed to have any excess at all. */
const BELIEF_SHARE = 0.01;
/** The steepest tail that is believed. */
const LEAST_MEAN_EXCESS = 0.35;

/** What is pooled of nothing. */
export const NO_TAIL: Tail = { hours: 0, top: [] };

/** The pooled tail alone: rank among the pool, exponential beyond the 40th largest. */
function pooled(tail: Tail, x: number): number {
  const { top, hours } = tail;
  if (hours <= 0 || top.length === 0) return 0;
  const k = Math.min(RANK, top.length);
  const edge = top[k - 1] ?? 0;
  if (x >= edge) {
    // By the spacing of ranks, not by the mean: attacks that nobody noticed lie at the very top.
    const inner = Math.max(1, Math.floor(k / 4));
    const spacing = ((top[inner - 1] ?? edge) - edge) / Math.log(k / inner);
    const mean = Math.max(LEAST_MEAN_EXCESS, spacing);
    return (k / hours) * Math.exp(-(x - edge) / mean);
  }
  let low = k;
  let high = top.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((top[middle] ?? 0) >= x) low = middle + 1;
    else high = middle;
  }
  return Math.min(1, low / hours);
}

/**
 * Probability that an entity-hour reaches an excess: the pool, and a belief that fades as the pool
 * grows. The belief is an exponential through (`believedAt`, `target`).
 *
 * @param believedAt excess at which, without a pool, the probability is `target`
 */
export function reachProbability(
  tail: Tail,
  x: number,
  believedAt: number,
  target: number,
): number {
  const rate = Math.log(BELIEF_SHARE / target) / Math.max(0.1, believedAt);
  const belief = x <= 0 ? BELIEF_SHARE : BELIEF_SHARE * Math.exp(-rate * x);
  const whole = tail.hours + BELIEF_HOURS;
  return Math.min(1, (tail.hours * pooled(tail, x) + BELIEF_HOURS * belief) / whole);
}

/** The excess that is reached with probability `target`, between `least` and `most`. */
export function excessFor(
  tail: Tail,
  believedAt: number,
  target: number,
  range: { least: number; most: number },
): number {
  let { least, most } = range;
  if (reachProbability(tail, most, believedAt, target) > target) return most;
  for (let i = 0; i < 40; i += 1) {
    const middle = (least + most) / 2;
    if (reachProbability(tail, middle, believedAt, target) > target) least = middle;
    else most = middle;
  }
  return most;
}
