import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { createWatchMemory, lookAround } from './look.ts';

const settings = detectorSchema.parse({});
/** A round, and a minute, begins. */
const BEGIN = Date.UTC(2026, 5, 3, 10);

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

const callAt = (ingestedAt: number, more: Partial<TestCall> = {}): TestCall => ({
  ...{ time: ingestedAt - 100, ingestedAt, service: 's', environment: 'production' },
  ...{ tokenHash: tokenNamed('one'), clientId: 'c', method: 'GET', route: '/a', status: 200 },
  ...more,
});

it('slow watches are told once a round what the calls of the last minutes concern', async () => {
  const { db } = store;
  const memory = createWatchMemory();
  const until = async (to: number) =>
    lookAround(db, { by: 'arrival', from: to - 11_000, to }, settings, memory);
  await insertTestCalls(db, [callAt(BEGIN - 60_000)]);
  await until(BEGIN + 500);
  const first = memory.concerned;
  expect(first?.has('tokens')).toBe(true);
  expect(first?.has('denied')).toBe(false);

  await insertTestCalls(db, [callAt(BEGIN + 5_000, { status: 403 })]);
  await until(BEGIN + 6_000);
  expect(memory.concerned).toBe(first);
  await until(BEGIN + 20_500);
  expect(memory.concerned?.has('denied')).toBe(true);
  // What nobody calls any more concerns nobody.
  await until(BEGIN + 6 * 60_000 + 500);
  expect(memory.concerned?.has('tokens')).toBe(false);
});

it('a detector that starts within a round finds out at once what its slow watches are to look at', async () => {
  const memory = { turns: 20 };
  const to = BEGIN + 7_500;
  await lookAround(store.db, { by: 'arrival', from: to - 11_000, to }, settings, memory);
  expect(memory).toMatchObject({ turns: 20, concerned: expect.any(Set) });
});
