import type { Db } from '../../store/db.ts';
import type { Arrival } from '../../store/detection/fresh.ts';
import { readTouched } from '../../store/detection/touched.ts';
import type { Touched } from '../../store/detection/touched.ts';
import { readWindowCounts, readWindowLimits } from '../../store/detection/window-counts.ts';
import type { Whom, WindowCounts } from '../../store/detection/window-counts.ts';
import { createKeySet } from '../values/known.ts';
import type { KeySet } from '../values/known.ts';
import { isEnough, roomFor } from './room.ts';
import { NOBODYS, Rooms } from './rooms.ts';

/** Entities of one kind whose room is remembered, in 32 to 64 bytes each. */
const MOST = 1_000_000;
/** Arrivals that are remembered as counted: those of the last minute of 10,000 calls a second. */
const MOST_COUNTED = 1_200_000;
/** Only so many are asked about by name. */
const MOST_NAMED = 10_000;
/** So many that may stand out are looked at by name. */
export const MOST_STANDING = 5_000;

type Kind = 'token' | 'client';

/** What is remembered of one kind of entity. */
interface Half {
  rooms: Rooms;
  counted: KeySet;
}

/** What narrowing remembers: how far entities are from standing out, and which calls that counts. */
export type Narrowing = Record<Kind, Half>;

/** Nothing is known yet. */
export function createNarrowing(): Narrowing {
  const half = (): Half => ({ rooms: new Rooms(MOST), counted: createKeySet(MOST_COUNTED) });
  return { token: half(), client: half() };
}

/** To be called when what is expected of the hour has changed. */
export function forgetRooms({ token, client }: Narrowing): void {
  token.rooms.clear();
  client.rooms.clear();
}

/** An entity with calls in a look. */
interface Caller {
  id: string;
  low: number;
  high: number;
  /** All its calls of the look, in whatever minute: some may not have come through to the rollup yet. */
  calls: number;
}

/** Who called in a look, by minute (epoch seconds); and hashes of tokens that were refused, or found nothing. */
export type Callers = Map<number, Record<Kind, Caller[]> & { refused: string[] }>;

/** Takes off what an entity had left those of its calls that were not counted before. */
function spend({ rooms, counted }: Half, { low, high, arrivals, counts }: Touched): void {
  let fresh = 0;
  for (const [i, calls] of counts.entries()) {
    const [a = 0, b = 0] = arrivals.subarray(2 * i, 2 * i + 2);
    if (counted.has(a, b)) continue;
    counted.add(a, b);
    fresh += calls;
  }
  if (fresh > 0) rooms.spend(low, high, fresh);
}

/** Reads who called in a look, and counts it. */
export async function readCallers(
  db: Db,
  narrowing: Narrowing,
  arrival: Arrival,
): Promise<Callers> {
  const callers: Callers = new Map();
  const all = { token: new Map<string, Caller>(), client: new Map<string, Caller>() };
  for await (const one of readTouched(db, arrival)) {
    const { entity, id, low, high, calls } = one;
    spend(narrowing[entity], one);
    const known = all[entity].get(id);
    const caller = known ?? { id, low, high, calls: 0 };
    if (known === undefined) all[entity].set(id, caller);
    caller.calls += calls;
    const ofMinute = callers.get(one.minute) ?? { token: [], client: [], refused: [] };
    callers.set(one.minute, ofMinute);
    ofMinute[entity].push(caller);
    if (one.isRefused && entity === 'token') ofMinute.refused.push(id);
  }
  return callers;
}

/** Asks what is expected in the hour, of those of whom it is not known. */
async function learnLimits(
  db: Db,
  kind: Kind,
  rooms: Rooms,
  minute: number,
  asked: { callers: readonly Caller[]; whom: (some: readonly Caller[]) => Whom },
): Promise<void> {
  const hour = Math.floor(minute / 3600);
  const strange = asked.callers.filter(({ low, high }) => rooms.limitsOf(low, high, hour) === null);
  if (strange.length === 0) return;
  for (const { low, high } of strange) rooms.expect(low, high, hour, NOBODYS);
  for await (const one of readWindowLimits(db, kind, minute, asked.whom(strange)))
    rooms.expect(one.low, one.high, hour, one);
}

/**
 * Those who called in a minute and may stand out, of one kind: nearly always a few. What the others
 * have left until they may is remembered, and they are asked about again once they have used it up.
 *
 * @param minute its beginning, epoch seconds
 * @returns null when they are very many
 */
export async function narrow(
  db: Db,
  kind: Kind,
  { [kind]: { rooms } }: Narrowing,
  { minute, callers, arrival }: { minute: number; callers: Callers; arrival: Arrival },
): Promise<WindowCounts[] | null> {
  const [since, hour] = [Math.floor(minute / 60), Math.floor(minute / 3600)];
  const near = (callers.get(minute)?.[kind] ?? []).filter(
    ({ low, high, calls }) => rooms.left(low, high, since) <= calls,
  );
  if (near.length === 0) return [];
  const isMany = near.length > MOST_NAMED;
  const whom = (some: readonly Caller[]): Whom =>
    isMany ? { arrival } : { names: some.map(({ id }) => id) };
  await learnLimits(db, kind, rooms, minute, { callers: near, whom });
  const standing: WindowCounts[] = [];
  let all = true;
  for await (const one of readWindowCounts(db, kind, minute, whom(near))) {
    const room = roomFor(one, rooms.limitsOf(one.low, one.high, hour) ?? NOBODYS);
    rooms.keep(one.low, one.high, since, room);
    if (room > 0 || !isEnough(one)) continue;
    if (standing.length < MOST_STANDING) standing.push(one);
    else all = false;
  }
  return all ? standing : null;
}
