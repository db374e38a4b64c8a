import { describe, expect, it } from 'vitest';
import { pitmanYor } from './pitman-yor.ts';

describe('pitmanYor', () => {
  it('adds up to one over the seen values and the rest', () => {
    const counts = [40, 7, 1];
    const theta = 0.5;
    const discount = 0.2;
    // Base: each seen value .1, the unseen remainder .7.
    const total = counts.reduce((a, b) => a + b, 0);
    const common = { total, distinct: counts.length, theta, discount };
    let sum = 0;
    for (const count of counts) sum += pitmanYor({ ...common, count, base: 0.1 });
    sum += pitmanYor({ ...common, count: 0, base: 0.7 });
    expect(sum).toBeCloseTo(1, 12);
  });

  it('gives the base probability before anything was seen', () => {
    expect(
      pitmanYor({ count: 0, total: 0, distinct: 0, theta: 0.2, discount: 0.1, base: 0.03 }),
    ).toBeCloseTo(0.03, 12);
  });

  it('stays in (0, 1] for odd input', () => {
    for (const total of [0, 1e-9, 1e9]) {
      for (const base of [0, 1, 2]) {
        const p = pitmanYor({ count: 0, total, distinct: 50, theta: 1, discount: 0.4, base });
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
      }
    }
  });
});
