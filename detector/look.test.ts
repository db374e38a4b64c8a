import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFreshValues, readServerClock } from '../store/detection/fresh.ts';
import { readWindows } from '../store/detection/windows.ts';
import { insertTestCalls, tokenNamed } from '../test/support/call-rows.ts';
import type { TestCall } from '../test/support/call-rows.ts';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { createLookMemory, owedLooks, overlapOf, settledUntil } from './look.ts';
import type { LookMemory } from './look.ts';
import { awaken } from './training/awake.ts';
import { prepareHours } from './train.ts';
import { hourOf } from './volume/calendar.ts';

const HOUR = 3_600_000;

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

const call = (token: string, time: number): TestCall => ({
  ...{ time: Math.floor(time), tokenHash: tokenNamed(token), clientId: 'acme', status: 200 },
  ...{ scope: 'accounts:read', country: 'DE', route: '/a', method: 'GET' },
});

describe('values of a look', () => {
  it('come in pages that leave nothing out and repeat nothing', async () => {
    const { db } = store;
    const from = (await readServerClock(db)) - 1;
    const now = Date.now();
    await insertTestCalls(
      db,
      Array.from({ length: 40 }, (_, i) => call(`new ${String(i)}`, now - 1000 - i)),
    );
    const arrival = { from, to: (await readServerClock(db)) + 1 };
    const names = (values: { tokenHash: string; dimension: string }[]): string[] =>
      values.map((one) => `${one.tokenHash} ${one.dimension}`);
    const whole = await readFreshValues(db, arrival, { limit: 4_000 });
    expect(whole.next).toBeNull();
    expect(whole.values).toHaveLength(40 * 3);
    const paged: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const page: Awaited<ReturnType<typeof readFreshValues>> = await readFreshValues(db, arrival, {
        limit: 7,
        after,
      });
      paged.push(...names(page.values));
      after = page.next;
    }
    expect(paged).toHaveLength(120);
    expect(new Set(paged)).toEqual(new Set(names(whole.values)));
  });
});

describe('a token that wakes after weeks', () => {
  it('is judged by what it was known for, and not as a new one', async () => {
    const { db } = store;
    const hour = hourOf(Date.now());
    const calls: TestCall[] = [];
    for (let h = 20 * 24; h > 0; h -= 1) {
      for (let i = 0; i < 30; i += 1) calls.push(call('busy', (hour - h + i / 30) * HOUR));
      if (h > 10 * 24) calls.push(call('sleeper', (hour - h + 0.5) * HOUR));
    }
    await insertTestCalls(db, calls);
    await prepareHours(db, hour);
    const from = (await readServerClock(db)) - 1;
    const now = Date.now();
    const minute = Math.floor(now / 60_000) * 60;
    await insertTestCalls(
      db,
      Array.from({ length: 20 }, () => call('sleeper', minute * 1000)),
    );
    const arrival = { from, to: (await readServerClock(db)) + 1 };
    const { rows } = await readWindows(db, 'token', minute, arrival);
    expect(rows.map((row) => [row.known, row.x1])).toEqual([[0, 20]]);
    const [awake] = await awaken(db, hourOf(minute * 1000), rows);
    expect(awake?.known).toBe(1);
    expect(awake?.ageHours).toBeGreaterThan(400);
    expect(awake?.expected).toBeLessThan(3);
    // From now on it is written down.
    const again = await readWindows(db, 'token', minute, arrival);
    expect(again.rows.map((row) => row.known)).toEqual([1]);
  });
});

describe('what looks owe', () => {
  it('holds back the cursor that a restart goes on from', () => {
    const memory: LookMemory = {
      ...createLookMemory(),
      owedMinutes: [{ minute: 0, arrival: { from: 5_000, to: 6_000 } }],
      owedValues: [{ arrival: { from: 4_000, to: 6_000 }, after: 'a' }],
    };
    expect(owedLooks(memory)).toBe(2);
    expect(settledUntil(memory, 9_000)).toBe(4_000);
    expect(settledUntil({ ...memory, owedMinutes: [], owedValues: [] }, 9_000)).toBe(9_000);
  });

  it('reaches back a little each time, and every half minute over all that a late commit can hide', () => {
    expect(overlapOf(31_000, 32_000)).toBe(1_000);
    expect(overlapOf(59_500, 60_500)).toBe(1_000);
    expect(overlapOf(66_500, 67_500)).toBe(41_000);
  });
});
