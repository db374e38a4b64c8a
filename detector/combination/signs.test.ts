import { describe, expect, it } from 'vitest';
import { strongestOf, togetherBits } from './signs.ts';
import type { Sign } from './signs.ts';

function sign(dimension: string, lnP: number): Sign {
  return { dimension, value: '', time: 0, bits: 10, lnP };
}

const bitsOf = (...signs: Sign[]): number => togetherBits(strongestOf(signs));

describe('signs together', () => {
  it('need two sides, each out of the ordinary', () => {
    expect(bitsOf()).toBe(0);
    expect(bitsOf(sign('asn', -20), sign('country', -20))).toBe(0);
    expect(bitsOf(sign('user_agent', -12), sign('scope', -12), sign('route', -12))).toBe(0);
    expect(bitsOf(sign('asn', -12), sign('user_agent', -2))).toBe(0);
    expect(bitsOf(sign('asn', -12), sign('user_agent', -12))).toBeGreaterThan(20);
  });

  it('count one side once, by its strongest sign', () => {
    const two = bitsOf(sign('asn', -9), sign('user_agent', -9));
    expect(bitsOf(sign('asn', -9), sign('country', -8), sign('user_agent', -9))).toBe(two);
    expect(bitsOf(sign('asn', -9), sign('country', -11), sign('user_agent', -9))).toBeGreaterThan(
      two,
    );
  });

  it('ignore dimensions that take no part, and stay finite', () => {
    expect(bitsOf(sign('asn', -9), sign('together', -90))).toBe(0);
    expect(Number.isFinite(bitsOf(sign('asn', -200), sign('scope', -200)))).toBe(true);
  });

  it('are as rare as they say when independent', () => {
    let state = 5;
    const next = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return (state + 0.5) / 2_147_483_648;
    };
    const trials = 100_000;
    let rare = 0;
    for (let i = 0; i < trials; i += 1) {
      // Single dimensions of two sides, all of them active: p uniform below .01.
      const a = sign('environment', Math.log(0.01 * next()));
      const b = sign('asn', Math.log(0.01 * next()));
      if (bitsOf(a, b) > 18) rare += 1;
    }
    // Both are active in one of 10,000 hours: at 18 bits at most one in 2^18 of all.
    expect(rare / trials).toBeLessThan((1e4 / 2 ** 18) * 1.2);
    expect(rare).toBeGreaterThan(0);
  });
});
