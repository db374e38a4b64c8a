import type { Db } from '../store/db.ts';
import { readHourRange, readHours } from '../store/detection/hours.ts';
import type { HourRow } from '../store/detection/hours.ts';
import { writeProfiles } from '../store/detection/profiles.ts';
import type { ProfileRow } from '../store/detection/profiles.ts';
import { createVolumeBook, profileRow } from './volume/book.ts';
import type { VolumeBook } from './volume/book.ts';

/**
 * The expectation of hour h is learnt from the hours up to h − 3: calls may come an hour late, and
 * there is a whole hour to prepare the next one in.
 */
export const TRAINING_LAG = 3;
/** How far back volume is learnt from, hours. */
const MEMORY = 42 * 24;
/** Hours that are read at once. */
const STRIDE = 24;

function byHour(rows: readonly HourRow[]): Map<number, HourRow[]> {
  const hours = new Map<number, HourRow[]>();
  for (const row of rows) {
    const list = hours.get(row.hour);
    if (list === undefined) hours.set(row.hour, [row]);
    else list.push(row);
  }
  return hours;
}

/** Lets a book learn the hours [fromHour, toHour) from the store. */
export async function learnHours(
  db: Db,
  book: VolumeBook,
  fromHour: number,
  toHour: number,
): Promise<void> {
  for (let start = fromHour; start < toHour; start += STRIDE) {
    const range = { fromHour: start, toHour: Math.min(toHour, start + STRIDE) };
    const [tokens, clients] = await Promise.all([
      readHours(db, 'token', range).then(byHour),
      readHours(db, 'client', range).then(byHour),
    ]);
    for (let hour = range.fromHour; hour < range.toHour; hour += 1) {
      book.learn(hour, tokens.get(hour) ?? [], clients.get(hour) ?? []);
    }
  }
}

/**
 * Learns all that the store remembers and writes what is expected of `hour` and the one after.
 *
 * @returns how many tokens are known
 */
export async function prepareHours(db: Db, hour: number): Promise<number> {
  const range = await readHourRange(db);
  if (range === null) return 0;
  const book = createVolumeBook();
  const from = Math.max(range.firstHour, hour - MEMORY);
  const rows: ProfileRow[] = [];
  await learnHours(db, book, from, hour - TRAINING_LAG + 1);
  for (const expected of book.expect(hour)) rows.push(profileRow(expected));
  await learnHours(db, book, Math.max(from, hour - TRAINING_LAG + 1), hour - TRAINING_LAG + 2);
  for (const expected of book.expect(hour + 1)) rows.push(profileRow(expected));
  await writeProfiles(db, rows);
  return book.size;
}
