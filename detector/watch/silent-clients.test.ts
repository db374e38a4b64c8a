import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { silentClients } from './silent-clients.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Just after ten, when the hours up to ten are settled. */
const TEN = Date.UTC(2026, 10, 23, 10);
const AT = TEN + 12 * 60_000;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  await store.close();
});

/** Twelve calls in each hour from one to another. */
function calls(clientId: string, from: number, to: number): TestCall[] {
  return Array.from({ length: Math.round((to - from) / 300_000) }, (_, i) => ({
    ...{ time: from + i * 300_000, tokenHash: tokenNamed(clientId), clientId, service: 's' },
    ...{ environment: 'production', method: 'GET', route: '/', status: 200 },
  }));
}

const days = (clientId: string): TestCall[] =>
  Array.from({ length: 28 }, (_, i) => TEN - (i + 1) * DAY).flatMap((then) =>
    calls(clientId, then - 7 * HOUR, then + HOUR),
  );

it('a client that calls at all hours and stops is told once, others are not, nor are all at once', async () => {
  await insertTestCalls(store.db, [
    ...['steady', 'stopped', 'fading'].flatMap(days),
    ...calls('steady', TEN - 7 * HOUR, TEN),
    ...calls('stopped', TEN - 7 * HOUR, TEN - 4 * HOUR),
    ...calls('fading', TEN - 7 * HOUR, TEN - 2 * HOUR),
    // Has never called at this hour; has called for two days; calls seldom.
    ...Array.from({ length: 28 }, (_, i) =>
      calls('desk', TEN - (i + 1) * DAY + 2 * HOUR, TEN - (i + 1) * DAY + 4 * HOUR),
    ).flat(),
    ...calls('young', TEN - 2 * DAY, TEN - 5 * HOUR),
  ]);
  const told = await silentClients(store.db, AT);
  expect(told.map(({ entity, detection }) => [entity.clientId, detection.id])).toEqual([
    ['stopped', 'volume.silence'],
  ]);
  expect(told[0]?.noticed.explanation).toMatch(
    /^0 calls in 3 hours, the last at about .*05:00.*; usual at this time of the week are 36 \(4 weeks known\)/,
  );
  // Five minutes, and an hour, later it is the same one.
  for (const later of [300_000, HOUR]) {
    const again = (await silentClients(store.db, AT + later)).filter(
      (one) => one.entity.clientId === 'stopped',
    );
    expect(again.map((one) => one.moment)).toEqual([told[0]?.moment]);
  }
  const many = Array.from({ length: 6 }, (_, i) => `many ${String(i)}`);
  await insertTestCalls(store.db, many.flatMap(days));
  expect(await silentClients(store.db, AT)).toEqual([]);
});
