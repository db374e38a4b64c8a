import { lnShareTail } from '../statistics/beta-binomial.ts';
import { lnUpperTail } from '../statistics/negative-binomial.ts';

/** What is known of how a token's calls were answered, from days before today. */
export interface OutcomeBaseline {
  calls: number;
  /** Answered 401 or 403. */
  denied: number;
  /** Answered 404. */
  notFound: number;
  /** Hours with calls. */
  active: number;
  /** Bits above which to fire, from the installation's own history; else the parameter counts. */
  threshold?: number;
}

/** The trailing 60 minutes of a token. */
export interface OutcomeWindow {
  /** Event time, epoch ms: the beginning of the last minute. */
  minute: number;
  calls: number;
  /** Refused, or missing, among them. */
  count: number;
}

/** Fewest refused, and missing, calls that are judged. */
export const FEWEST_DENIED = 3;
export const FEWEST_NOT_FOUND = 5;
/** Longest history that a share is believed to rest on, calls: shares wander from day to day. */
const BELIEVED = 30;
/** Before anything is known: one call in fifty is for something missing. */
const USUAL_SHARE = 0.02;
const PRIOR_CALLS = 20;
/** Before much is known: one call in a thousand is refused, a belief worth two hundred calls. */
const USUAL_DENIED = 0.2;
const PRIOR_DENIED_CALLS = 200;

/**
 * Calls refused in an hour that are usual: (past + .2)/(active hours + 20), or of that many calls by their
 * share: who runs through a thousand calls in one hour a day meets more refusals in it.
 *
 * @param calls within the hour
 */
export function usualDenied(baseline: OutcomeBaseline, calls: number): number {
  const share = (baseline.denied + USUAL_DENIED) / (baseline.calls + PRIOR_DENIED_CALLS);
  return Math.max((baseline.denied + 0.2) / (baseline.active + 20), share * calls);
}

/** Share of missing objects that is usual. */
export function usualShare(baseline: OutcomeBaseline): number {
  return (baseline.notFound + USUAL_SHARE * PRIOR_CALLS) / (baseline.calls + PRIOR_CALLS);
}

/** How much an own history is worth while it is short. */
function coldStart({ active }: OutcomeBaseline): number {
  return (active + 4) / (active + 24);
}

/** Surprise of refused calls: negative binomial tail with r = .3, in bits. */
export function deniedBits(window: OutcomeWindow, baseline: OutcomeBaseline): number {
  if (window.count < FEWEST_DENIED) return 0;
  const ln = lnUpperTail(window.count, usualDenied(baseline, window.calls), 0.3);
  return Math.max(0, (-ln / Math.LN2) * coldStart(baseline));
}

/** Surprise of the share of missing objects: beta-binomial tail, in bits. */
export function notFoundBits(window: OutcomeWindow, baseline: OutcomeBaseline): number {
  if (window.count < FEWEST_NOT_FOUND) return 0;
  const share = Math.min(0.98, usualShare(baseline));
  // Thousands of calls say no more than hundreds, and take longer.
  const scale = Math.min(1, 2_000 / Math.max(1, window.calls));
  const count = Math.round(window.count * scale);
  const calls = Math.max(count, Math.round(window.calls * scale));
  const ln = lnShareTail(count, calls, share * BELIEVED, (1 - share) * BELIEVED);
  return Math.max(0, (-ln / Math.LN2) * coldStart(baseline));
}

/** The fewest of a window's calls that would have been enough for an alarm. */
export function fewestFor(
  window: OutcomeWindow,
  baseline: OutcomeBaseline,
  threshold: number,
  bits: (window: OutcomeWindow, baseline: OutcomeBaseline) => number,
): number {
  let low = 0;
  let high = window.count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const calls = Math.max(middle, window.calls - window.count + middle);
    if (bits({ ...window, calls, count: middle }, baseline) > threshold) high = middle;
    else low = middle;
  }
  return high;
}
