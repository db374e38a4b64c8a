import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Delivery } from '../../model/delivery.ts';
import { MORNING } from '../../test/support/finding.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { listDeliveries, readDelivery, writeDeliveries } from './deliveries.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

const pending: Delivery = {
  ...{ id: 'd1', version: 1, incidentId: 'i1', receiver: 'soc', notifier: 'slack' },
  ...{ reason: 'first', state: 'pending', attempts: 0, createdAt: MORNING, updatedAt: MORNING },
  ...{ nextAttemptAt: MORNING, remoteRef: '', lastError: '', payload: { title: 'x' } },
};

it('a delivery is its latest row', async () => {
  const sent: Delivery = {
    ...pending,
    version: 2,
    state: 'sent',
    attempts: 1,
    remoteRef: 'C1:1.2',
  };
  await writeDeliveries(store.db, [sent]);
  await writeDeliveries(store.db, [pending]);
  expect(await readDelivery(store.db, 'd1')).toEqual(sent);
  expect(await listDeliveries(store.db, { states: ['pending'] })).toEqual([]);
  expect(await listDeliveries(store.db, { incidentIds: ['i1'], receiver: 'soc' })).toEqual([sent]);
});
