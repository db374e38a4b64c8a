import { expect, it } from 'vitest';
import { seeded } from '../../test/support/call-rows.ts';
import { bitsOfSilence, expectationOf } from './silence.ts';

const DAYS = Array.from({ length: 28 }, (_, i) => i + 1);

/** Calls of the window on each day, by a function of the day. */
function days(of: (day: number) => number): Map<number, number> {
  return new Map(DAYS.map((day) => [day, of(day)]));
}

function past(of: (day: number) => number, calls = 0, ageDays = 40) {
  const byDay = days(of);
  return { calls, byDay, shifted: [byDay, byDay], ageDays };
}

/** A service that works from Monday to Friday: today is one of those. */
const weekdays = (calls: number) => (day: number) => (day % 7 === 1 || day % 7 === 2 ? 0 : calls);

function bits(of: Parameters<typeof past>[0], calls = 0, ageDays = 40): number {
  const usual = expectationOf(past(of, calls, ageDays));
  return usual === null ? 0 : bitsOfSilence(calls, usual);
}

it('expects what the same hour of earlier weeks had, and is surer the more weeks there are', () => {
  expect(bits(() => 100)).toBeGreaterThan(40);
  expect(bits(() => 100, 90)).toBeLessThan(3);
  expect(bits(() => 100, 0, 9)).toBeLessThan(20);
  expect(bits(() => 400, 0, 9)).toBeGreaterThan(20);
  expect(expectationOf(past(() => 100, 0, 6))).toBeNull();
});

it('is quiet on the rest days of a service, and where one of four weeks was quiet, not', () => {
  expect(bits(weekdays(100))).toBeGreaterThan(20);
  const weekend = (day: number): number => (day % 7 === 0 || day % 7 === 6 ? 0 : 100);
  expect(bits(weekend)).toBe(0);
  const holiday = (day: number): number => (day === 7 ? 0 : 100);
  expect(expectationOf(past(holiday))?.mean).toBeGreaterThan(0);
});

it('takes the quietest of the hours around it: clocks change', () => {
  const usual = expectationOf({
    ...past(() => 100),
    shifted: [days(() => 0), days(() => 200)],
  });
  expect(usual?.mean).toBe(0);
});

it('bursty services, whose hours scatter, raise no alarm by chance', () => {
  const random = seeded(7);
  let alarms = 0;
  let blind = 0;
  for (let service = 0; service < 2_000; service += 1) {
    // Exponential rates: a negative binomial with r = 1, on which nothing is sure.
    const of = (): number => Math.floor(-60 * Math.log(1 - random()));
    if (bits(of, of()) > 20) alarms += 1;
    if (bits(of, 0) <= 20) blind += 1;
  }
  expect(alarms).toBeLessThanOrEqual(1);
  expect(blind).toBeGreaterThan(1_800);
});
