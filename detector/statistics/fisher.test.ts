import { describe, expect, it } from 'vitest';
import { lnFisher } from './fisher.ts';

/** The probability that a product of `n` uniform numbers is at most t, by repeated integration. */
function slowProduct(n: number, t: number): number {
  if (n === 1) return Math.min(1, t);
  // P(U·V ≤ t) = t + ∫ over u in (t, 1) of P(V ≤ t/u), on a grid of ln u.
  const steps = 400;
  const span = -Math.log(t);
  let sum = t;
  for (let i = 0; i < steps; i += 1) {
    const u = Math.exp((-span * (i + 0.5)) / steps);
    sum += (slowProduct(n - 1, t / u) * u * span) / steps;
  }
  return sum;
}

describe("Fisher's method", () => {
  it.each([[[0.03, 0.2]], [[1e-4, 1e-3]], [[0.5, 0.01, 0.002]], [[0.04]]])(
    'of %j is the probability of so small a product',
    (ps) => {
      const slow = slowProduct(
        ps.length,
        ps.reduce((a, b) => a * b, 1),
      );
      expect(Math.exp(lnFisher(ps.map(Math.log))) / slow).toBeCloseTo(1, 2);
    },
  );

  it('says nothing of nothing, and stays finite', () => {
    expect(lnFisher([])).toBe(0);
    expect(lnFisher([0, 0])).toBe(0);
    expect(Number.isFinite(lnFisher([-1e5, -1e5, -1e5]))).toBe(true);
  });
});
