import type { ValueWindow } from './first-use.ts';
import type { ValueBaseline } from './novelty.ts';

/** A moment that the examples share: a Monday morning. */
export const MONDAY = Date.UTC(2026, 10, 23, 10, 30);

/** A believable first use, for the examples of detections and for tests. */
export function useOf(
  dimension: string,
  value: string,
  change: Partial<ValueWindow> = {},
): ValueWindow {
  return { dimension, value, time: MONDAY, calls: 1, granted: [], ...change };
}

/** A token with the given own values, among five others of its client. */
export function knownFor(
  counts: Record<string, number>,
  change: Partial<ValueBaseline> = {},
): ValueBaseline {
  return { counts, clientTokens: 5, clientTokensWith: 0, siblings: 0, share: 0, ...change };
}
