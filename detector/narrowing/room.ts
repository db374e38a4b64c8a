import type { WindowCounts } from '../../store/detection/window-counts.ts';
import { FLOOR } from '../judge/judged.ts';
import type { Expectation, Window } from '../volume/expectation.ts';
import { FEWEST, surgeBits } from '../volume/surge.ts';
import type { Limits } from './rooms.ts';

/** Rounding must not make room. */
const EPSILON = 1e-6;

/** Calls that are fewer than are judged at all, whatever is expected. */
export function isEnough({ x1, x5, x60 }: WindowCounts): boolean {
  return x1 > 0 && (x1 >= FEWEST[0] || x5 >= FEWEST[1] || x60 >= FEWEST[2]);
}

/**
 * How many more calls can come, in this minute or any later one of the hour, before a window that ends
 * with one of them can be worth judging (`worthJudging`); at most 0 where one may be. Windows only lose
 * what they had, so what has come by now and what is to come bounds each of them.
 *
 * @param limits the least that any expert expects; without own ones few calls are all that leaves room
 */
export function roomFor(counts: WindowCounts, { mean, day, earlier }: Limits): number {
  const { x1, x5, x60, later, hours } = counts;
  const enough = Math.min(FEWEST[0] - x1, FEWEST[1] - x5, FEWEST[2] - x60) - later;
  const beyond = (fewest: number, expected: number): number =>
    Math.max(fewest, 1.3 * expected + 3 - EPSILON);
  const worth = Math.min(
    beyond(FEWEST[0], mean / 60) - x1 - later,
    beyond(FEWEST[1], mean / 12) - x5 - later,
    beyond(FEWEST[2], mean) - x60 - later,
    beyond(FEWEST[3], day) - hours - earlier,
  );
  return Math.ceil(Number.isNaN(worth) ? enough : Math.max(enough, worth));
}

/** Calls more that are tried. */
const TRIED = [8, 4, 2, 1, 0] as const;

/**
 * The same for one whose windows are worth judging, by what judging finds: before any of them can
 * surprise at all. What is expected changes from minute to minute between that of the hour before and
 * that of its own: the lesser of them, and siblings that do not move, bound it.
 *
 * @param day calls in its 24 clock hours
 */
export function calmRoomFor(
  { x1, x5, x60, later }: WindowCounts,
  day: number,
  expectation: Expectation,
): number {
  const { means, before } = expectation;
  const least = { a: Math.min(means.a, before.a), b: Math.min(means.b, before.b) };
  const bound = { ...expectation, means: least, before: least };
  const counts = [x1 + later, x5 + later, x60 + later, day];
  const isCalm = (more: number): boolean =>
    counts.every((x, w) => surgeBits(bound, w as Window, x + more, 59, 1) < FLOOR - EPSILON);
  const found = TRIED.find(isCalm);
  return found === undefined ? 0 : found + 1;
}
