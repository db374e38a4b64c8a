import type { Db } from '../../store/db.ts';
import { readProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import type { WindowCounts } from '../../store/detection/window-counts.ts';
import type { WindowRow } from '../../store/detection/windows.ts';
import type { RecentMap } from '../recent.ts';
import { expectationOfRow } from '../volume/book.ts';
import { worthJudging } from '../volume/surge.ts';
import { calmRoomFor } from './room.ts';
import type { Rooms } from './rooms.ts';

/** Expectations that were read, by entity, hour and name. */
export type KnownProfiles = RecentMap<ProfileRow>;

/** Expectations in the hour of a minute (epoch seconds), by name; only those are read that were not before. */
export async function profilesOf(
  db: Db,
  known: KnownProfiles,
  entity: ProfileRow['entity'],
  minute: number,
  names: readonly string[],
): Promise<Map<string, ProfileRow>> {
  const hour = Math.floor(minute / 3600);
  const keyOf = (name: string): string => `${entity} ${String(hour)} ${name}`;
  const found = new Map<string, ProfileRow>();
  const asked: string[] = [];
  for (const name of new Set(names)) {
    const profile = known.get(keyOf(name));
    if (profile === undefined) asked.push(name);
    else found.set(name, profile);
  }
  for (const [name, profile] of await readProfiles(db, entity, minute, asked)) {
    known.set(keyOf(name), profile);
    found.set(name, profile);
  }
  return found;
}

/** Whether a window stands out from what every expert expects: the same cut as in SQL (`readWindows`). */
function isWorth(row: WindowRow): boolean {
  const { x1, x5, x60, x1440, meanA, meanB, prevA, prevB, dayA, dayB } = row;
  const least = Math.min(meanA, meanB, prevA, prevB);
  return (
    worthJudging(x1, least / 60, 0) ||
    worthJudging(x5, least / 12, 1) ||
    worthJudging(x60, least, 2) ||
    worthJudging(x1440, Math.min(dayA, dayB), 3)
  );
}

/**
 * Counts of tokens or clients beside what is expected of them, of those that may surprise; tokens without
 * an expectation of their own are all among them, with that of a new token of their client. How far
 * the others are from it is remembered.
 *
 * @param minute that they end with, epoch seconds
 */
export async function standingRows(
  db: Db,
  { rooms, profiles: known }: { rooms: Rooms; profiles: KnownProfiles },
  entity: 'token' | 'client',
  minute: number,
  counts: readonly WindowCounts[],
): Promise<WindowRow[]> {
  if (counts.length === 0) return [];
  const nameOf = (one: WindowCounts): string => (entity === 'token' ? one.tokenHash : one.clientId);
  const own = await profilesOf(db, known, entity, minute, counts.map(nameOf));
  const strange = entity === 'token' ? counts.filter((one) => !own.has(nameOf(one))) : [];
  const ids = strange.map((one) => one.clientId);
  const fallback = await profilesOf(db, known, 'new', minute, ids);
  return counts.flatMap((one) => {
    const profile = own.get(nameOf(one));
    if (profile === undefined) {
      const expected = fallback.get(one.clientId);
      return expected === undefined ? [] : [rowOf(one, expected, 0)];
    }
    const row = rowOf(one, profile, 1);
    const room = calmRoomFor(one, row.x1440, expectationOfRow(profile));
    rooms.keep(one.low, one.high, Math.floor(minute / 60), room);
    return room <= 0 && isWorth(row) ? [row] : [];
  });
}

function rowOf(counts: WindowCounts, expected: ProfileRow, known: 0 | 1): WindowRow {
  const { tokenHash, clientId, x1, x5, x60, own, hours } = counts;
  const x1440 = hours + (known === 1 ? expected.earlier : 0);
  return { ...expected, tokenHash, clientId, x1, x5, x60, x1440, own, known };
}
