import { describe, expect, it } from 'vitest';
import { demotionOf, shareFactor, steerFrom } from './precision.ts';

describe('verdicts', () => {
  it('move the share of the budget between a quarter and twice', () => {
    expect(shareFactor({ confirmed: 0, refuted: 0 })).toBe(1);
    expect(shareFactor({ confirmed: 4, refuted: 0 })).toBeCloseTo(1.5, 10);
    expect(shareFactor({ confirmed: 1000, refuted: 0 })).toBeLessThanOrEqual(2);
    expect(shareFactor({ confirmed: 0, refuted: 1000 })).toBe(0.25);
  });

  it('demote only after enough of them', () => {
    expect(demotionOf({ confirmed: 0, refuted: 9 })).toBe('');
    expect(demotionOf({ confirmed: 0, refuted: 12 })).toContain('12 of 12');
    expect(demotionOf({ confirmed: 6, refuted: 12 })).toBe('');
  });

  it('steer a seventh of the way a day, and not without verdicts', () => {
    const unknown = { opened: 900, confirmed: 3, refuted: 3 };
    expect(steerFrom(1, 10, unknown, 10_000)).toBe(1);
    // 20 a day came and half were false: 10 a day, which is the budget.
    const right = { opened: 140, confirmed: 20, refuted: 20 };
    expect(steerFrom(1, 10, right, 10_000)).toBeCloseTo(1, 10);
    const twice = { opened: 280, confirmed: 20, refuted: 20 };
    let steer = 1;
    for (let day = 0; day < 7; day += 1) steer = steerFrom(steer, 10, twice, 10_000);
    expect(steer).toBeLessThan(0.6);
    expect(steer).toBeGreaterThanOrEqual(0.25);
  });
});
