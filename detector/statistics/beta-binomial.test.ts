import { describe, expect, it } from 'vitest';
import { lnShareTail } from './beta-binomial.ts';

/** P(X ≥ x) by numerical integration over the chance: the definition, slowly. */
function slowTail(x: number, n: number, alpha: number, beta: number): number {
  const steps = 40_000;
  let whole = 0;
  let tail = 0;
  for (let i = 0; i < steps; i += 1) {
    // q = t² flattens the density where alpha < 1.
    const t = (i + 0.5) / steps;
    const q = t * t;
    const density = 2 * t * Math.pow(q, alpha - 1) * Math.pow(1 - q, beta - 1);
    let pmf = Math.pow(1 - q, n);
    let above = x <= 0 ? pmf : 0;
    for (let k = 1; k <= n; k += 1) {
      pmf *= ((n - k + 1) / k) * (q / (1 - q));
      if (k >= x) above += pmf;
    }
    whole += density;
    tail += density * above;
  }
  return tail / whole;
}

describe('the beta-binomial tail', () => {
  it.each([
    [1, 5, 0.5, 20],
    [5, 30, 0.8, 29],
    [12, 30, 0.6, 29.4],
    [3, 100, 2, 60],
    [20, 25, 3, 3],
  ] as const)('x=%d n=%d alpha=%d beta=%d is the integral', (x, n, alpha, beta) => {
    expect(Math.exp(lnShareTail(x, n, alpha, beta))).toBeCloseTo(slowTail(x, n, alpha, beta), 4);
    const ratio = Math.exp(lnShareTail(x, n, alpha, beta)) / slowTail(x, n, alpha, beta);
    expect(ratio).toBeGreaterThan(0.98);
    expect(ratio).toBeLessThan(1.02);
  });

  it('is certain of nothing or more, and impossible beyond all', () => {
    expect(lnShareTail(0, 10, 1, 1)).toBe(0);
    expect(lnShareTail(11, 10, 1, 1)).toBe(-Infinity);
    expect(Number.isFinite(lnShareTail(5_000, 5_000, 0.5, 30))).toBe(true);
  });
});
