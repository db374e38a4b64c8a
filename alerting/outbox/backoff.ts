/** First pause and longest pause between two attempts, ms. */
const BASE = 1_000;
const LONGEST = 5 * 60_000;

/**
 * The pause before the next attempt, ms: doubling from one second to five minutes, the upper half
 * of it at random so that what failed together does not come back together. A receiver's own
 * `Retry-After` is a floor.
 *
 * @param attempts how many have failed, at least 1
 * @param random in [0, 1)
 */
export function backoff(attempts: number, random: number, afterMs = 0): number {
  const ceiling = Math.min(LONGEST, BASE * 2 ** Math.min(20, attempts - 1));
  const pause = ceiling / 2 + (random * ceiling) / 2;
  return Math.max(pause, afterMs > 0 ? afterMs + random * BASE : 0);
}
