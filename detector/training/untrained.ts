import type { Untrained } from '../../store/detection/untrained.ts';
import type { Trains } from '../volume/book.ts';

/** Whether an hour of an entity may train, by what is known of incidents. */
export function trainsBy(untrained: readonly Untrained[]): Trains {
  const byKey = Map.groupBy(untrained, (one) => one.key);
  return (key, hour) =>
    !(byKey.get(key)?.some((one) => one.fromHour <= hour && hour <= one.untilHour) ?? false);
}

/** How what is known of incidents differs from what baselines were trained with. */
export interface Change {
  /** Rows to be kept from now on, and those that no longer count. */
  rows: (Untrained & { lifted: boolean })[];
  /** Clients of entities whose trained hours would be others now. */
  clients: Set<string>;
}

/**
 * Compares what incidents say with what baselines were trained with.
 *
 * @param through the last trained hour: what differs after it needs no second training
 */
export function changeOf(
  wanted: readonly Untrained[],
  kept: readonly Untrained[],
  through: number,
): Change {
  const nameOf = (one: Untrained): string => `${one.key}\0${one.incidentId}`;
  const before = new Map(kept.map((one) => [nameOf(one), one]));
  const change: Change = { rows: [], clients: new Set() };
  for (const one of wanted) {
    const old = before.get(nameOf(one));
    before.delete(nameOf(one));
    if (old?.fromHour === one.fromHour && old.untilHour === one.untilHour) continue;
    change.rows.push({ ...one, lifted: false });
    if (!sameUpTo(one, old, through)) change.clients.add(one.clientId);
  }
  for (const old of before.values()) {
    change.rows.push({ ...old, lifted: true });
    if (old.fromHour <= through) change.clients.add(old.clientId);
  }
  return change;
}

function sameUpTo(now: Untrained, old: Untrained | undefined, through: number): boolean {
  if (old === undefined) return now.fromHour > through;
  const from = Math.min(now.fromHour, through + 1) === Math.min(old.fromHour, through + 1);
  return from && Math.min(now.untilHour, through) === Math.min(old.untilHour, through);
}
