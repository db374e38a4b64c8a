import type { Db } from '../../store/db.ts';
import { readCrowd } from '../../store/detection/training.ts';
import { SILENT } from '../volume/parent.ts';
import type { HourSums } from '../volume/state.ts';

/**
 * The average client by hour, over everybody: what the book of a few clients cannot know; null before
 * anybody called.
 *
 * @param fromHour hours since the epoch, [fromHour, toHour)
 */
export async function crowdOf(
  db: Db,
  fromHour: number,
  toHour: number,
): Promise<(hour: number) => HourSums | null> {
  const rows = await readCrowd(db, fromHour, toHour);
  const sums = new Map<number, HourSums>();
  let clients = 0;
  for (const { hour, calls, q1, q5, newClients } of rows) {
    clients += newClients;
    sums.set(hour, { calls: calls / clients, q1: q1 / clients, q5: q5 / clients });
  }
  const first = rows[0]?.hour ?? Infinity;
  return (hour) => (hour < first ? null : (sums.get(hour) ?? SILENT));
}
