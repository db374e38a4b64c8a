import { describe, expect, it } from 'vitest';
import { beyondBits, callsFor, recordBits, recordOf, tailIndex } from './record.ts';

/** A repeatable generator of numbers in (0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state + 0.5) / 2_147_483_648;
  };
}

describe('records', () => {
  it('are as rare as they say, for tokens with a power tail', () => {
    const next = uniform(7);
    const trials = 20_000;
    let surprising = 0;
    for (let i = 0; i < trials; i += 1) {
      const hours = Array.from({ length: 200 }, () => 20 * Math.pow(next(), -1 / 3));
      const top = hours.sort((a, b) => b - a).slice(0, 6);
      const bits = recordBits(20 * Math.pow(next(), -1 / 3), { top, active: 200 }, 1);
      if (bits > 9) surprising += 1;
    }
    // One in 512 at 9 bits.
    expect(surprising / trials).toBeLessThan(2 / 512);
    expect(surprising / trials).toBeGreaterThan(0.3 / 512);
  });

  it('count from above the record, and the less the shorter the history', () => {
    const hours = { top: [80, 75, 70, 66, 61, 60], active: 300 };
    expect(recordBits(80, hours, 1)).toBe(0);
    expect(recordBits(240, hours, 1)).toBeGreaterThan(12);
    expect(recordBits(240, hours, 4)).toBe(0);
    const young = recordBits(240, { ...hours, active: 5 }, 1);
    expect(young).toBeLessThan(0.7 * recordBits(240, hours, 1));
  });

  it('stay finite without any history', () => {
    const none = { top: [], active: 0 };
    expect(recordOf(none)).toBe(3);
    expect(Number.isFinite(tailIndex([]))).toBe(true);
    expect(Number.isFinite(recordBits(1e9, none, 1))).toBe(true);
  });

  it('know the count from which they alarm', () => {
    const hours = { top: [80, 75, 70, 66, 61, 60], active: 300 };
    const calendarBits = (calls: number): number => calls / 40;
    for (const beside of [
      { hours, move: 1.5 },
      { hours, move: 1.5, calendarBits },
    ]) {
      const calls = callsFor(14, beside);
      expect(beyondBits(calls, beside)).toBeGreaterThan(14);
      expect(beyondBits(calls - 1, beside)).toBeLessThanOrEqual(14);
    }
  });

  it('count the time only beyond the record', () => {
    const beside = { hours: { top: [80, 75, 70, 66, 61, 60], active: 300 }, move: 1 };
    const night = { ...beside, calendarBits: () => 30 };
    expect(beyondBits(79, night)).toBe(0);
    expect(beyondBits(160, night)).toBeCloseTo(beyondBits(160, beside) + 30, 9);
  });
});
