import { describe, expect, it } from 'vitest';
import { expectationAt, meanOf, mixtureOf } from './expectation.ts';
import { dripOf, dripRose, learnHour, newState, trainedThrough } from './state.ts';
import type { HourSums, Parent, VolumeState } from './state.ts';
import { surgeBits } from './surge.ts';

const BEGIN = 490_000;
const USUAL = 20;
/** A client whose tokens make twenty calls an hour, at every hour. */
const CLIENT: Parent = { level: USUAL, rhythm: () => 1 };
/** What a surge has to reach at least before anybody is told (DETECTION.md). */
const TOLD = 18;

const evenly = (calls: number): HourSums => ({
  calls,
  q1: (calls * calls) / 60,
  q5: (calls * calls) / 12,
});

/** A token that has done the same for three weeks, but for a call more or less. */
function steady(): VolumeState {
  const state = newState(BEGIN);
  for (let i = 0; i < 21 * 24; i += 1) learnHour(state, CLIENT, evenly(USUAL + (i % 5) - 2));
  return state;
}

const next = (state: VolumeState) => expectationAt(state, CLIENT, trainedThrough(state) + 1, 3);
const expected = (state: VolumeState) => meanOf(mixtureOf(next(state), 2, 59, 1));

describe('who wants to change what is usual', () => {
  it.each([1, 3, 6])('gets little by %i hours of a thousand times the calls', (hours) => {
    const state = steady();
    const before = expected(state);
    for (let i = 0; i < hours; i += 1) learnHour(state, CLIENT, evenly(1_000 * USUAL));
    expect(expected(state)).toBeLessThan(2 * before);
  });

  it('is believed in time: what lasts is the new usual', () => {
    const state = steady();
    for (let i = 0; i < 21 * 24; i += 1) learnHour(state, CLIENT, evenly(3 * USUAL));
    expect(expected(state)).toBeGreaterThan(2 * USUAL);
  });

  it('and climbs in steps too small for a surge, is found by their sum before it is thrice', () => {
    const state = steady();
    let calls = USUAL;
    let found = 0;
    while (found === 0 && calls < 3 * USUAL) {
      calls *= 1.02;
      const before = dripOf(state);
      expect(surgeBits(next(state), 2, Math.round(calls), 59, 1)).toBeLessThan(TOLD);
      learnHour(state, CLIENT, evenly(Math.round(calls)));
      if (dripRose(before, state)) found = calls;
    }
    expect(found).toBeGreaterThan(0);
  });

  it('adds nothing up by staying as it is', () => {
    const state = steady();
    for (let i = 0; i < 14 * 24; i += 1) {
      const before = dripOf(state);
      learnHour(state, CLIENT, evenly(USUAL + (i % 5) - 2));
      expect(dripRose(before, state)).toBe(false);
    }
  });
});
