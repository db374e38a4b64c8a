import { expect, test } from 'vitest';
import { backfill } from './backfill.ts';
import { castOf } from './cast.ts';
import { callsBetween } from './schedule.ts';
import type { PlannedCall } from './schedule.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 22, 8);
const cast = castOf(1, START);

/** Counts what is recorded; each flush takes some of the simulated clock's time. */
function simulation(flushMs: number) {
  const recorded: PlannedCall[] = [];
  const kept: number[] = [];
  let clock = START;
  let stop = Infinity;
  return {
    recorded,
    kept,
    stopAfter: (pieces: number) => {
      stop = pieces;
    },
    options: {
      seed: 1,
      actors: cast,
      from: START - 50 * HOUR,
      now: () => clock,
      tracers: {
        record: (call: PlannedCall) => recorded.push(call),
        flush: async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          clock += flushMs;
        },
      },
      onKept: (until: number) => kept.push(until),
      stopped: () => kept.length >= stop,
    },
  };
}

test('history reaches the present although time passes while it is told', async () => {
  const run = simulation(1_200);
  const until = await backfill(run.options);
  expect(run.options.now() - until).toBeLessThan(1_500);
  expect(until).toBeGreaterThan(START);
  expect(run.recorded).toEqual(callsBetween(1, cast, run.options.from, until));
  expect(run.kept).toEqual([...run.kept].sort((a, b) => a - b));
  expect(run.kept.at(-1)).toBe(until);
});

test('stopped in the middle, it carries on from what was kept', async () => {
  const run = simulation(10);
  run.stopAfter(2);
  const until = await backfill(run.options);
  expect(until).toBeLessThan(START);
  expect(run.kept.at(-1)).toBe(until);
  const rest = simulation(10);
  await backfill({ ...rest.options, from: until });
  const whole = [...run.recorded, ...rest.recorded];
  const last = whole.at(-1)?.at ?? 0;
  expect(whole).toEqual(callsBetween(1, cast, run.options.from, last + 1));
});

test('what the collector does not take is an error, not a gap', async () => {
  const run = simulation(10);
  run.options.tracers.flush = async () => {
    throw new Error('the collector is gone');
  };
  await expect(backfill(run.options)).rejects.toThrow('the collector is gone');
  expect(run.kept).toEqual([]);
});
