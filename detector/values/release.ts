import { HOUR_MS } from '../volume/calendar.ts';

/** A user agent of a token, and since when; epoch ms. */
export interface Program {
  value: string;
  first: number;
}

/** A new version brings new calls within a day; the version before it has been known for three. */
const NEW_MS = 24 * HOUR_MS;
const KNOWN_MS = 72 * HOUR_MS;

/** A user agent without its numbers: what stays from version to version. */
function productOf(userAgent: string): string {
  return userAgent.replace(/\d+/g, '');
}

/**
 * Whether a token's program was released anew within the day before a moment: another version of one
 * that it has long used. A thief's own program is no version of it.
 *
 * @param time epoch ms
 */
export function isReleased(programs: readonly Program[], time: number): boolean {
  const known = programs.filter((one) => one.first <= time - KNOWN_MS);
  return programs.some(
    ({ value, first }) =>
      first <= time &&
      first > time - NEW_MS &&
      known.some((one) => productOf(one.value) === productOf(value)),
  );
}
