import { describe, expect, it } from 'vitest';
import { lnLowerTail, lnMix, lnPmf, lnUpperTail } from './negative-binomial.ts';

/** P(X = k) by the recurrence from k = 0, in plain arithmetic. */
function slowPmf(count: number, mean: number, size: number): number[] {
  const p = mean / (mean + size);
  const out = [Math.pow(1 - p, size)];
  for (let k = 1; k <= count; k += 1) {
    out.push(((out[k - 1] ?? 0) * p * (size + k - 1)) / k);
  }
  return out;
}

const cases = [
  [1, 0.3, 0.5],
  [3, 1, 1],
  [8, 2, 0.7],
  [20, 20, 3],
  [40, 5, 2.5],
  [5, 30, 4],
  [200, 100, 12],
  [60, 50, 400],
] as const;

describe('negative binomial', () => {
  it.each(cases)(
    'x=%d mean=%d size=%d: pmf and both tails match the plain sum',
    (x, mean, size) => {
      const pmf = slowPmf(20_000, mean, size);
      const below = pmf.slice(0, x + 1).reduce((a, b) => a + b, 0);
      const above = pmf.slice(x).reduce((a, b) => a + b, 0);
      expect(Math.exp(lnPmf(x, mean, size))).toBeCloseTo(pmf[x] ?? NaN, 12);
      expect(lnUpperTail(x, mean, size)).toBeCloseTo(Math.log(above), 7);
      expect(lnLowerTail(x, mean, size)).toBeCloseTo(Math.log(below), 7);
    },
  );

  it('stays exact where the probability underflows', () => {
    // A geometric count (size 1): P(X ≥ x) = p^x exactly.
    const exact = 50_000 * Math.log(2 / 3);
    expect(lnUpperTail(50_000, 2, 1) / exact).toBeCloseTo(1, 9);
  });

  it('comes close to Poisson for a large size', () => {
    const mean = 10;
    let term = Math.exp(-mean);
    let below = 0;
    for (let k = 0; k < 25; k += 1) {
      below += term;
      term *= mean / (k + 1);
    }
    expect(lnUpperTail(25, mean, 1e9)).toBeCloseTo(Math.log(1 - below), 4);
  });

  it('never gives NaN or a positive logarithm', () => {
    for (const x of [-1, 0, 1, 1e3, 1e9, 1e15]) {
      for (const mean of [0, 1e-12, 1, 1e6, 1e14]) {
        for (const size of [0, 1e-9, 1, 1e9]) {
          const tail = lnUpperTail(x, mean, size);
          expect(Number.isNaN(tail)).toBe(false);
          expect(tail).toBeLessThanOrEqual(0);
        }
      }
    }
  });

  it('mixes in log space', () => {
    expect(lnMix([0.5, 0.5], [Math.log(0.2), Math.log(0.4)])).toBeCloseTo(Math.log(0.3), 12);
    expect(lnMix([0.5, 0.5], [-5000, -5001])).toBeCloseTo(-5000 + Math.log(0.5 + 0.5 / Math.E), 9);
  });
});
