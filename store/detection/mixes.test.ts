import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { readMixPasts, readRouteMinutes } from './mixes.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 23, 12);
const desk = tokenNamed('desk');

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  const call = (time: number, route: string, status = 200) => ({
    ...{ time, tokenHash: desk, clientId: 'acme', service: 's', environment: 'production' },
    ...{ method: 'GET', route, status },
  });
  const times = (n: number, time: number, route: string, status?: number) =>
    Array.from({ length: n }, (_, i) => call(time + i * 1_000, route, status));
  await insertTestCalls(store.db, [
    ...times(3, NOON - 5 * HOUR, '/a'),
    ...times(1, NOON - 5 * HOUR, '/b'),
    ...times(2, NOON - 4 * HOUR, '/a'),
    ...times(5, NOON - 4 * HOUR, ''),
    // Too late to teach the hour of noon, and too long ago.
    ...times(50, NOON - 30 * MINUTE, '/b'),
    ...times(50, NOON - 29 * 24 * HOUR, '/c'),
    ...times(4, NOON + 2 * MINUTE, '/b'),
    ...times(9, NOON + 2 * MINUTE, '/b', 503),
    ...times(9, NOON + 2 * MINUTE, '/b', 429),
    ...times(1, NOON + 3 * MINUTE, '/a', 404),
    ...times(1, NOON + 4 * MINUTE, '/a'),
  ]);
});
afterAll(async () => {
  await store.close();
});

it('sums up what tokens called by hour, of four weeks up to an hour before', async () => {
  const pasts = await readMixPasts(store.db, NOON / HOUR, [desk, tokenNamed('nobody')]);
  expect([...pasts.keys()]).toEqual([desk]);
  expect(pasts.get(desk)).toEqual({
    ...{ active: 2, calls: 6, squares: 16 + 4 },
    routes: [
      { route: 'GET /a', firstSeen: NOON - 5 * HOUR, calls: 5, squares: 9 + 4, products: 12 + 4 },
      { route: 'GET /b', firstSeen: NOON - 5 * HOUR, calls: 1, squares: 1, products: 4 },
    ],
  });
});

it('lists what tokens called by minute, without what failed', async () => {
  const range = { first: NOON / MINUTE - 30, last: NOON / MINUTE + 3 };
  const rows = (await readRouteMinutes(store.db, range, [desk])).get(desk) ?? [];
  expect(rows.map(({ minute, route, calls }) => [minute - NOON / MINUTE, route, calls])).toEqual([
    [-30, 'GET /b', 50],
    [2, 'GET /b', 4],
    [3, 'GET /a', 1],
  ]);
});
