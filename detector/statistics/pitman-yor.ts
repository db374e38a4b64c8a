/** What a Pitman–Yor process has seen, and how it expects the new. */
export interface Seen {
  /** Decayed count of the value, in active hours. */
  count: number;
  /** Decayed count of all values, in active hours. */
  total: number;
  /** Number of different values. */
  distinct: number;
  /** Concentration θ > 0. */
  theta: number;
  /** Discount d in [0, 1). */
  discount: number;
  /** Base probability of the value, in (0, 1]. */
  base: number;
}

/**
 * Predictive probability of a value (Pitman and Yor 1997; Teh 2006, eq. 4):
 * max(0, n_v − d)/(θ + N) + (θ + d·k)/(θ + N) · q(v).
 *
 * @returns in (0, 1]
 */
export function pitmanYor(seen: Seen): number {
  const whole = seen.theta + Math.max(0, seen.total);
  const own = Math.max(0, seen.count - seen.discount) / whole;
  // With decay k can exceed N; the share of the new never exceeds 1.
  const fresh = Math.min(1, (seen.theta + seen.discount * seen.distinct) / whole);
  return Math.min(1, Math.max(1e-12, own + fresh * Math.min(1, Math.max(1e-9, seen.base))));
}
