import { lnLowerTail } from '../statistics/negative-binomial.ts';

const WEEKS = [7, 14, 21, 28];
/** Hours of a service scatter at least so much about their mean: 1/r of a negative binomial. */
const LEAST_SCATTER = 0.05;
/** What one week says of the next is worth so much of r. */
const R_A_WEEK = 4;

/** The calls of a window, and those of the same window on earlier days. */
export interface PastWindows {
  /** Calls in the window that ends now. */
  calls: number;
  /** Calls so many days before (1 to 28); absent days had none. */
  byDay: ReadonlyMap<number, number>;
  /** The same, had the window been an hour earlier and an hour later: clocks change twice a year. */
  shifted: readonly ReadonlyMap<number, number>[];
  /** Days since the service's first report. */
  ageDays: number;
}

/** How many calls were to be expected of a window. */
export interface Expectation {
  mean: number;
  /** Shape of the negative binomial. */
  size: number;
  weeks: number;
}

/** The lower quartile: a holiday among the weeks does not set what is usual, nor does a record. */
function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 4 + 0.5)] ?? 0;
}

/** 1/r by the method of moments, from days and those a week before them. */
function scatterOf(byDay: ReadonlyMap<number, number>, ageDays: number): number {
  let excess = 0;
  let squares = 0;
  for (let day = 1; day + 7 < ageDays && day <= 21; day += 1) {
    const [a, b] = [byDay.get(day) ?? 0, byDay.get(day + 7) ?? 0];
    const mean = (a + b) / 2;
    excess += (a - b) ** 2 / 2 - mean;
    squares += mean ** 2;
  }
  return squares === 0 ? LEAST_SCATTER : Math.max(LEAST_SCATTER, excess / squares);
}

/** What a service usually sends at this hour of the week, or null when it is too young to tell. */
export function expectationOf(past: PastWindows): Expectation | null {
  const weeks = WEEKS.filter((day) => day < past.ageDays);
  if (weeks.length === 0) return null;
  const means = [past.byDay, ...past.shifted].map((days) =>
    lowerQuartile(weeks.map((day) => days.get(day) ?? 0)),
  );
  const size = Math.min(1 / scatterOf(past.byDay, past.ageDays), R_A_WEEK * weeks.length);
  return { mean: Math.min(...means), size, weeks: weeks.length };
}

/** −log2 P(at most so many calls), a negative binomial count. */
export function bitsOfSilence(calls: number, { mean, size }: Expectation): number {
  if (!(mean > 0)) return 0;
  return Math.max(0, -lnLowerTail(calls, mean, size) / Math.LN2);
}
