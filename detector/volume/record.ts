import { firstCount } from './expectation.ts';

/** A token's busiest hours so far. */
export interface BusiestHours {
  /** Calls in its busiest clock hours, in descending order, at most six. */
  top: readonly number[];
  /** Hours with calls that they were picked from. */
  active: number;
}

/** Fewest calls within an hour that are compared with a record. */
const FEWEST = 15;
/** A record below this says nothing, calls. */
const LEAST_RECORD = 3;
/** Belief about the tail before anything was seen: so many exceedances with a mean log-ratio of 1/3. */
const PRIOR_SHAPES = 3;
const PRIOR_LOGS = 1;
const STEEPEST = 12;

/**
 * How fast a token's busiest hours fall off: the exponent of a power tail, by Hill's estimator over
 * its six busiest hours, pulled towards 3.
 */
export function tailIndex(top: readonly number[]): number {
  const base = Math.max(1, top.at(-1) ?? 1);
  const above = top.slice(0, -1);
  const logs = above.reduce((sum, calls) => sum + Math.log(Math.max(1, calls / base)), 0);
  return Math.min(STEEPEST, (above.length + PRIOR_SHAPES) / (logs + PRIOR_LOGS));
}

/** The calls that count as the record. */
export function recordOf({ top }: BusiestHours): number {
  return Math.max(LEAST_RECORD, top[0] ?? 0);
}

/** How much a record is worth while few hours are known. */
function trust(active: number): number {
  return (active + 4) / (active + 14);
}

/**
 * Surprise of an hour with more calls than ever: of n active hours the next sets a record with chance
 * 1/(n + 1), and from there the tail is a power of the ratio. 0 up to the record.
 *
 * @param calls in the trailing 60 min
 * @param move factor by which the client's other tokens move now, ≥ 1
 */
export function recordBits(calls: number, hours: BusiestHours, move: number): number {
  const ratio = calls / Math.max(1, move) / recordOf(hours);
  if (calls < FEWEST || !(ratio > 1)) return 0;
  const bits = Math.log2(hours.active + 2) + tailIndex(hours.top) * Math.log2(ratio);
  return bits * trust(hours.active);
}

/** What an hour beyond the record is held against. */
export interface BesideRecord {
  hours: BusiestHours;
  /** Factor by which the client's other tokens move now. */
  move: number;
  /** Surprise of so many calls at this time of the week, bits; absent where nothing is expected. */
  calendarBits?: (calls: number) => number;
}

/**
 * Surprise of an hour beyond the record: that of the record, and that of the time. Each alone is what
 * bursty tokens show now and then, the one in their busiest hours, the other in their idle ones; an
 * exfiltration seldom waits for the busiest hour. 0 up to the record.
 */
export function beyondBits(calls: number, { hours, move, calendarBits }: BesideRecord): number {
  const record = recordBits(calls, hours, move);
  return record === 0 ? 0 : record + (calendarBits?.(calls) ?? 0);
}

/** The fewest calls with more than so many bits. */
export function callsFor(bits: number, beside: BesideRecord): number {
  return firstCount((calls) => beyondBits(calls, beside) > bits);
}
