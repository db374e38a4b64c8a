import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { readMixPasts } from '../../store/detection/mixes.ts';
import { MixPasts } from './pasts.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 23, 12) / HOUR;
const tokens = ['one', 'two', 'three', 'nobody'].map(tokenNamed);

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await insertTestCalls(
    store.db,
    tokens.slice(0, 3).flatMap((tokenHash, i) =>
      Array.from({ length: 5 + i }, (_, n) => ({
        ...{ time: (NOON - 9) * HOUR + n * 2 * HOUR, tokenHash, clientId: 'acme', service: 's' },
        ...{ environment: 'production', method: 'GET', route: `/${String(n % 3)}`, status: 200 },
      })),
    ),
  );
});
afterAll(async () => {
  await store.close();
});

it('what is remembered is what the store says, of each hour its own, within the bound', async () => {
  const pasts = new MixPasts(20);
  for (const hour of [NOON, NOON + 1, NOON, NOON + 4]) {
    for (const some of [tokens.slice(0, 2), tokens, tokens]) {
      expect(await pasts.of(store.db, hour, some)).toEqual(
        await readMixPasts(store.db, hour, some),
      );
      expect(pasts.size).toBeLessThanOrEqual(20);
    }
  }
});

it('asks the store once', async () => {
  const pasts = new MixPasts();
  const first = await pasts.of(store.db, NOON, tokens);
  const deaf = { ...store.db, query: () => Promise.reject(new Error('asked again')) };
  expect(await pasts.of(deaf, NOON, tokens)).toEqual(first);
  await expect(pasts.of(deaf, NOON + 1, tokens)).rejects.toThrow('asked again');
});
