import type { Delivery } from '../../model/delivery.ts';
import type { Db } from '../db.ts';
import { listDeliveries, writeDeliveries } from './deliveries.ts';
import type { DeliveryFilter } from './deliveries.ts';

/**
 * Has dead and refused deliveries tried again: they are pending once more, under the same id, so a
 * receiver that honours idempotency keys still shows one message. The alerting stage takes them up
 * within seconds, or when it is next started.
 *
 * @param filter which; only those that are dead or refused are touched
 * @param now epoch ms: their time to be tried begins anew
 * @returns the deliveries as they are now
 */
export async function retryDeliveries(
  db: Db,
  filter: DeliveryFilter,
  now: number,
): Promise<Delivery[]> {
  const ended = await listDeliveries(db, { limit: 10_000, ...filter, states: ['dead', 'refused'] });
  const again = ended.map((delivery): Delivery => ({
    ...delivery,
    version: delivery.version + 1,
    state: 'pending',
    updatedAt: now,
    nextAttemptAt: now,
  }));
  await writeDeliveries(db, again);
  return again;
}
