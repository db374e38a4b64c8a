import { describe, expect, it } from 'vitest';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { UNCALIBRATED, closeHour, createPool, steered, thresholdsFrom } from './calibration.ts';
import { DIMENSIONS } from './dimensions.ts';
import { bitsOf, excessOf, noteNoise, usualPeak } from './noise.ts';
import type { Noise } from './noise.ts';
import { excessFor, reachProbability } from './tail.ts';

function surprise(key: string, hour: number, bits: number, dimension = 'scope'): SurpriseRow {
  const common = { entity: 'token', clientId: 'c', value: '', stratum: 0, excess: 0 } as const;
  return { ...common, key, dimension, time: hour * 3_600_000, bits };
}

describe('the tail', () => {
  const top = Array.from({ length: 500 }, (_, i) => 6 - Math.log(i + 1));
  const tail = { hours: 1_000_000, top };

  it('is the rank within the pool and exponential beyond', () => {
    const rank100 = reachProbability(tail, top[99] ?? 0, 3, 1e-6) * 1_000_000;
    expect(rank100).toBeGreaterThan(90);
    expect(rank100).toBeLessThan(120);
    // Excesses fall as e^-x here: one more means e times rarer.
    const far = reachProbability(tail, 9, 0.5, 1e-6) / reachProbability(tail, 10, 0.5, 1e-6);
    expect(far).toBeGreaterThan(2);
    expect(far).toBeLessThan(3.6);
  });

  it('falls with the excess and stays a probability', () => {
    let before = 1;
    for (let x = -2; x < 30; x += 0.25) {
      const p = reachProbability(tail, x, 3, 1e-6);
      expect(p).toBeLessThanOrEqual(before + 1e-15);
      expect(p).toBeGreaterThan(0);
      before = p;
    }
  });

  it('without a pool gives the excess that is believed', () => {
    const x = excessFor({ hours: 0, top: [] }, 3.2, 1e-6, { least: 0.1, most: 50 });
    expect(x).toBeCloseTo(3.2, 3);
  });
});

describe('thresholds', () => {
  it('are the declared ones before anything was learnt', () => {
    const thresholds = thresholdsFrom(UNCALIBRATED, new Map(), 10);
    for (const [dimension, { bits, weight }] of Object.entries(DIMENSIONS)) {
      if (weight === 0) continue;
      expect(thresholds(dimension, 'k', 500_000)).toBeCloseTo(bits, 1);
    }
    expect(thresholds('nothing', 'k', 500_000)).toBeUndefined();
  });

  it('give finite shares to any surprise, also in dimensions that only count together', () => {
    const { lnP } = thresholdsFrom(UNCALIBRATED, new Map(), 10);
    for (const dimension of Object.keys(DIMENSIONS)) {
      expect(lnP(dimension, 'k', 500_000, 3)).toBe(0);
      expect(lnP(dimension, 'k', 500_000, 14)).toBeLessThan(0);
      expect(lnP(dimension, 'k', 500_000, 1e7)).toBeGreaterThan(-1000);
    }
    expect(lnP('nothing', 'k', 500_000, 1e7)).toBe(0);
  });

  it('rise for an entity that is known for surprises', () => {
    const noise: Noise = new Map();
    noteNoise(noise, [surprise('k', 499_900, 20), surprise('k', 499_950, 30)]);
    expect(usualPeak(noise, 'k', 'scope', 500_000)).toBe(25);
    expect(usualPeak(noise, 'k', 'scope', 499_955)).toBe(10);
    const thresholds = thresholdsFrom(UNCALIBRATED, noise, 10);
    expect(thresholds('scope', 'k', 500_000)).toBeGreaterThan(30);
  });

  it('rise where the installation is noisy, and fall where it is quiet', () => {
    const noise: Noise = new Map();
    const pool = createPool(noise);
    for (let hour = 480_000; hour < 480_000 + 14 * 24; hour += 1) {
      const noisy = [0, 1, 2].flatMap((i) =>
        ['scope', 'route'].map((d) => surprise(`k${String(i)}-${String(hour)}`, hour, 35, d)),
      );
      closeHour(pool, noise, hour, noisy, { tokens: 3000, clients: 100 });
    }
    const tails = pool.tails(480_000 + 14 * 24);
    const thresholds = thresholdsFrom({ tails, steer: 1 }, new Map(), 10);
    expect(thresholds('route', 'k', 500_000)).toBeGreaterThan(30);
    // Scopes rise too, but only by half: beyond that the budget gives way to recall.
    expect(thresholds('scope', 'k', 500_000)).toBeCloseTo(1.5 * 12, 6);
    expect(thresholds('environment', 'k', 500_000)).toBeLessThan(13);
  });

  it('follow the budget', () => {
    const of = (budget: number): number =>
      thresholdsFrom(UNCALIBRATED, new Map(), budget)('scope', 'k', 1) ?? 0;
    expect(of(1)).toBeGreaterThan(of(10));
    expect(of(100)).toBeLessThan(of(10));
  });
});

describe('excess', () => {
  it('turns back into bits', () => {
    expect(bitsOf(excessOf(17, 9), 9)).toBeCloseTo(17, 12);
  });
});

describe('steered', () => {
  it('moves towards the budget, within bounds', () => {
    expect(steered(1, 10, 20)).toBeCloseTo(0.5);
    expect(steered(1, 10, 5)).toBeCloseTo(2);
    expect(steered(0.25, 10, 1000)).toBe(0.25);
    expect(steered(4, 10, 0)).toBe(4);
  });
});
