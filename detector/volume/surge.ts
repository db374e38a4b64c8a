import { lnAtLeast, meanOf, mixtureOf } from './expectation.ts';
import type { Expectation, Window } from './expectation.ts';

/** Fewest calls that are judged, by window. */
export const FEWEST = [8, 12, 15, 30] as const;

/** True when a count is far enough above its mean to be worth a tail. */
export function worthJudging(x: number, mean: number, window: Window): boolean {
  return x >= FEWEST[window] && x > 1.3 * mean + 3;
}

/** How much an own history is worth while it is short: 0.05 for a new token, towards 1 with age. */
export function coldStart(ageHours: number): number {
  return (Math.max(0, ageHours) + 2) / (Math.max(0, ageHours) + 38);
}

/**
 * Surprise of a count, in bits; 0 when it is not worth judging.
 *
 * @param x calls in the window
 * @param minuteOfHour its last minute, 0 to 59
 * @param move see {@link moveOf}
 */
export function surgeBits(
  expectation: Expectation,
  window: Window,
  x: number,
  minuteOfHour: number,
  move: number,
): number {
  const mixture = mixtureOf(expectation, window, minuteOfHour, move);
  if (!worthJudging(x, meanOf(mixture), window)) return 0;
  const bits = -lnAtLeast(mixture, x) / Math.LN2;
  return Math.max(0, bits * coldStart(expectation.ageHours));
}

/**
 * How the client's other tokens move now: (their last 60 min + 20)/(their expectation + 20), from 1
 * to 6; 1 with fewer than four tokens.
 */
export function moveOf(others: number, expected: number, tokens: number): number {
  if (tokens < 4) return 1;
  const ratio = (Math.max(0, others) + 20) / (Math.max(0, expected) + 20);
  return Math.min(6, Math.max(1, ratio));
}
