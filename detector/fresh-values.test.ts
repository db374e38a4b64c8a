import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFreshValues } from '../store/detection/fresh.ts';
import type { FreshValue } from '../store/detection/fresh.ts';
import { insertTestCalls, seeded, tokenNamed } from '../test/support/call-rows.ts';
import type { TestCall } from '../test/support/call-rows.ts';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { createKnownValues, readUnknownValues } from './fresh-values.ts';
import { createKeySet } from './values/known.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of a day that no limit of the store comes near, at half past an hour. */
const START = Math.floor(Date.now() / HOUR) * HOUR - 20 * HOUR + 30 * MINUTE;

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

const pick = <T>(random: () => number, some: readonly T[]): T =>
  some[Math.floor(random() * some.length)] as T;

function call(random: () => number, token: number, time: number): TestCall {
  return {
    ...{ time: Math.floor(time), tokenHash: tokenNamed(`t${String(token)}`), clientId: 'acme' },
    ...{ status: 200, method: 'GET', route: pick(random, ['/a', '/b', '/c', '/d']) },
    ...{ scope: pick(random, ['read', 'write']), country: pick(random, ['DE', 'FR', '']) },
    ...{ userAgent: pick(random, ['curl', 'axios']), asn: pick(random, [0, 3320, 64500]) },
  };
}

const order = (values: readonly FreshValue[]): FreshValue[] =>
  [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe('looking up only what is not known', () => {
  it.each([1, 2])('finds the same as looking up everything, over hours (seed %i)', async (seed) => {
    const { db } = store;
    const random = seeded(seed);
    const base = START + seed * 24 * 60 * HOUR * -1;
    // First calls lie on either side of the three days after which a value is known.
    const history = Array.from({ length: 400 }, (_, i) => {
      const time = base - (66 + random() * 14) * HOUR;
      return { ...call(random, i % 20, time), ingestedAt: Math.floor(time) };
    });
    await insertTestCalls(db, history);
    const known = createKnownValues();
    let found = 0;
    for (let look = 0; look < 10; look += 1) {
      const from = base + look * 34 * MINUTE;
      const to = from + 60_000;
      const calls = Array.from({ length: 60 }, () => {
        const ingestedAt = from + Math.floor(random() * 60_000);
        // Late ones, and a clock that is ahead.
        const off = pick(random, [0, 0, 0, -20 * MINUTE, -59 * MINUTE, 5 * HOUR]);
        return { ...call(random, Math.floor(random() * 22), ingestedAt + off), ingestedAt };
      });
      await insertTestCalls(db, calls);
      const all = await readFreshValues(db, { from, to }, { limit: 4_000 });
      const few: FreshValue[] = [];
      for (let after: string | null = ''; after !== null;) {
        const page: Awaited<ReturnType<typeof readUnknownValues>> = await readUnknownValues(
          ...([db, known, { from, to }, { limit: 100, after }] as const),
        );
        few.push(...page.values);
        after = page.next;
      }
      expect(order(few)).toEqual(order(all.values));
      found += few.length;
    }
    expect(found).toBeGreaterThan(50);
    expect(known.keys.size).toBeGreaterThan(20);
  });

  it('asks nothing of the rollup where all that is shown is known, and everything of an older look', async () => {
    const base = START - 200 * 24 * HOUR;
    const random = seeded(3);
    const long = call(random, 40, base - 100 * HOUR);
    const other = { ...long, route: '/other' };
    await insertTestCalls(
      store.db,
      [long, other].map((one) => ({ ...one, ingestedAt: one.time })),
    );
    await insertTestCalls(store.db, [{ ...long, time: base, ingestedAt: base }]);
    let asked = 0;
    const hear = (sql: string): void => void (asked += sql.includes('token_seen') ? 1 : 0);
    const exec: typeof store.db.client.exec = async (params) => {
      hear(params.query);
      return store.db.client.exec(params);
    };
    const db = {
      ...store.db,
      client: Object.assign(Object.create(store.db.client) as typeof store.db.client, { exec }),
      query: async <T>(sql: string, ...rest: []): Promise<T[]> => {
        hear(sql);
        return store.db.query<T>(sql, ...rest);
      },
    };
    const known = createKnownValues();
    const arrival = { from: base - 1000, to: base + 1000 };
    for (let i = 0; i < 3; i += 1) {
      const page = await readUnknownValues(db, known, arrival, { limit: 100 });
      expect(page).toMatchObject({ values: [], next: null });
    }
    expect(asked).toBe(1);
    // What it has not shown in a look before was looked up with the rest.
    await insertTestCalls(store.db, [{ ...other, time: base, ingestedAt: base }]);
    await readUnknownValues(db, known, arrival, { limit: 100 });
    expect(asked).toBe(1);
    known.latest = base + 5 * HOUR;
    await readUnknownValues(db, known, arrival, { limit: 100 });
    expect(asked).toBe(2);
  });
});

describe('a set of keys', () => {
  it('holds what was added last, and a bounded number', () => {
    const set = createKeySet(20_000);
    for (let i = 1; i <= 100_000; i += 1) set.add((i * 2_654_435_761) >>> 0, i);
    expect(set.size).toBeLessThanOrEqual(20_000);
    for (let i = 90_001; i <= 100_000; i += 1)
      expect(set.has((i * 2_654_435_761) >>> 0, i)).toBe(true);
    expect(set.has(1, 1)).toBe(false);
    expect(set.has(0, 0)).toBe(false);
  });
});
