import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf, expectationAt, mixtureOf } from './expectation.ts';
import { NOBODY, parentFrom } from './parent.ts';
import { inherited, learnHour, newState, trainedThrough } from './state.ts';
import type { HourSums, VolumeState } from './state.ts';
import { surgeBits } from './surge.ts';

const BEGIN = 490_000;

/** Calls of an hour, from none to what no service answers. */
const sums = fc
  .oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 2_000_000_000 }),
  )
  .chain((calls) =>
    fc.record({
      calls: fc.constant(calls),
      // From evenly spread to all in one minute.
      q1: fc.double({ min: (calls * calls) / 60, max: calls * calls, noNaN: true }),
      q5: fc.double({ min: (calls * calls) / 12, max: calls * calls, noNaN: true }),
    }),
  );

/** Stretches of a life: some hours with calls, then silence, up to many weeks; some under an incident. */
const life = fc.array(
  fc.record({
    hours: fc.array(sums, { maxLength: 12 }),
    silence: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2_500 })),
    trains: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

const SILENT: HourSums = { calls: 0, q1: 0, q5: 0 };

function lived(
  parent: Parameters<typeof learnHour>[1],
  stretches: readonly { hours: HourSums[]; silence: number; trains: boolean }[],
): VolumeState {
  const state = newState(BEGIN);
  for (const { hours, silence, trains } of stretches) {
    for (const hour of hours) learnHour(state, parent, hour, trains);
    for (let i = 0; i < silence; i += 1) learnHour(state, parent, SILENT, trains);
  }
  return state;
}

function expectSound(
  state: VolumeState,
  parent: Parameters<typeof learnHour>[1],
  hour: number,
): void {
  const expectation = expectationAt(state, parent, hour, 3);
  const { means, before, day, phi, psi, weights } = expectation;
  const numbers = [...Object.values(means), ...Object.values(before), ...Object.values(day)];
  for (const number of [...numbers, ...phi, ...psi, ...weights]) {
    expect(Number.isFinite(number)).toBe(true);
    expect(number).toBeGreaterThanOrEqual(0);
  }
  for (const window of [0, 1, 2, 3] as const) {
    for (const x of [0, 1, 20, 5_000, 1e9]) {
      const bits = surgeBits(expectation, window, x, 17, 1);
      expect(Number.isFinite(bits) && bits >= 0).toBe(true);
    }
  }
  const band = bandOf(mixtureOf(expectation, 2, 59, 1));
  expect(Number.isFinite(band.low) && Number.isFinite(band.high)).toBe(true);
  expect(band.low).toBeLessThanOrEqual(band.high);
}

describe('volume, whatever comes', () => {
  it('remembers and expects only finite numbers, over bursts, one call, gaps of weeks and wrong clocks', () => {
    fc.assert(
      fc.property(life, life, fc.integer({ min: -200, max: 200 }), (above, own, skew) => {
        const client = lived(NOBODY, above);
        const parent = parentFrom(client, NOBODY, trainedThrough(client) + 1, 3);
        const state = lived(parent, own);
        expect(state.every((number) => Number.isFinite(number))).toBe(true);
        // Calls dated hours before or after what is trained are judged by the same memory.
        expectSound(state, parent, trainedThrough(state) + 3);
        expectSound(state, parent, trainedThrough(state) + skew);
      }),
      { numRuns: 60, seed: 8 },
    );
  });

  it('expects something of a token with a single call', () => {
    const state = newState(BEGIN);
    learnHour(state, NOBODY, { calls: 1, q1: 1, q5: 1 });
    expectSound(state, NOBODY, BEGIN + 3);
  });

  it('goes on for ten years without losing its scale', () => {
    const state = newState(BEGIN);
    for (let hour = 0; hour < 87_600; hour += 1) {
      learnHour(state, NOBODY, { calls: 10, q1: 10, q5: 20 });
    }
    const { means } = expectationAt(state, NOBODY, BEGIN + 87_600, 1);
    expect(means.a).toBeCloseTo(10, 2);
    expect(means.b).toBeCloseTo(10, 0);
  });

  it('hands down a state that goes on as the old one would', () => {
    const old = newState(BEGIN);
    for (let hour = 0; hour < 400; hour += 1) {
      learnHour(old, NOBODY, hour < 396 ? { calls: 30, q1: 40, q5: 90 } : SILENT);
    }
    const young = newState(BEGIN + 396);
    for (let hour = 0; hour < 4; hour += 1) {
      learnHour(young, NOBODY, { calls: 30, q1: 40, q5: 90 });
    }
    const heir = inherited(young, old);
    const { means, ageHours } = expectationAt(heir, NOBODY, BEGIN + 402, 1);
    expect(means.a).toBeGreaterThan(28);
    expect(means.a).toBeLessThan(32);
    expect(ageHours).toBe(402);
    expect(heir.every((number) => Number.isFinite(number))).toBe(true);
  });
});
