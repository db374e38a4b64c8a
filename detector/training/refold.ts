import type { Db } from '../../store/db.ts';
import { readHours } from '../../store/detection/hours.ts';
import type { HourRow } from '../../store/detection/hours.ts';
import { writeProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import { writeStates } from '../../store/detection/states.ts';
import type { StateRow } from '../../store/detection/states.ts';
import { keyRanges } from '../../store/detection/key-ranges.ts';
import type { KeyRange } from '../../store/detection/key-ranges.ts';
import { readClientSizes, readGrowth } from '../../store/detection/training.ts';
import type { ClientSize } from '../../store/detection/training.ts';
import { FORGOTTEN, createVolumeBook, profileRow } from '../volume/book.ts';
import type { Heir, Trains, VolumeBook } from '../volume/book.ts';
import type { HourSums } from '../volume/state.ts';
import { lastActive, trainedThrough } from '../volume/state.ts';
import { crowdOf } from './crowd.ts';
import { IDLE_HOURS } from './step.ts';

/** Hours that are read at once, tokens that are folded at once (2 KB each), clients of one query. */
const STRIDE = 24;
const TOKENS = 50_000;
const CLIENTS = 1_000;
const CHUNK = 5_000;

/** What is folded anew from the stored minutes. */
export interface Refold {
  db: Db;
  /** Hours since the epoch, both inclusive. */
  fromHour: number;
  through: number;
  /** Only these clients; all when undefined. */
  clients?: readonly string[];
  /** The hours to be expected after a learnt hour, if anybody needs to know. */
  expectedAfter: (hour: number) => number | null;
  trains: Trains;
  heirs: (hour: number) => readonly Heir[];
  version: number;
  /** Tokens that are folded at once at most. */
  most?: number;
}

/** What is folded at once: whole clients, or of one that is larger the tokens in a range of keys. */
interface Slice {
  clients: readonly string[];
  tokens?: KeyRange;
  /** How many tokens the one client has by an hour. */
  sizes?: (clientId: string, hour: number) => number;
}

/** Divides clients into groups of at most so many tokens; a larger client is a group by itself. */
export function groupsOf(sizes: readonly ClientSize[], most = TOKENS): string[][] {
  const groups: string[][] = [];
  let tokens = Infinity;
  for (const size of sizes) {
    const group = groups.at(-1);
    if (group !== undefined && tokens + size.tokens <= most && group.length < CLIENTS) {
      group.push(size.clientId);
      tokens += size.tokens;
    } else {
      groups.push([size.clientId]);
      tokens = size.tokens;
    }
  }
  return groups;
}

/** The slices of a group: several where its one client has more tokens than are folded at once. */
async function slicesOf(
  { db, fromHour, most = TOKENS }: Refold,
  clients: readonly string[],
  sizeOf: ReadonlyMap<string, number>,
): Promise<Slice[]> {
  const [first] = clients;
  const tokens = sizeOf.get(first ?? '') ?? 0;
  if (first === undefined || tokens <= most) return [{ clients }];
  const growth = await readGrowth(db, first, fromHour);
  const sizes = (_client: string, hour: number): number =>
    growth.findLast((one) => one.hour <= hour)?.tokens ?? 0;
  return keyRanges(tokens / most).map((range) => ({ clients, tokens: range, sizes }));
}

/** Whether a slice keeps what it says of an entity: tokens that those of a slice follow are of another. */
function isOf(slice: Slice, entity: ProfileRow['entity'], key: string): boolean {
  const { tokens } = slice;
  return entity !== 'token' || tokens === undefined || (key >= tokens.first && key <= tokens.last);
}

/**
 * Folds the stored minutes of clients into their states anew, a bounded number of tokens at a time, and
 * writes what is remembered and expected.
 */
export async function refold(order: Refold): Promise<void> {
  const crowd = await crowdOf(order.db, order.fromHour, order.through + 1);
  const sizes: ClientSize[] = [];
  if (order.clients === undefined) sizes.push(...(await readClientSizes(order.db, order.fromHour)));
  else {
    for (let start = 0; start < order.clients.length; start += CLIENTS) {
      const some = order.clients.slice(start, start + CLIENTS);
      sizes.push(...(await readClientSizes(order.db, order.fromHour, some)));
    }
  }
  const everybody: StateRow[] = [];
  const sizeOf = new Map(sizes.map((one) => [one.clientId, one.tokens]));
  for (const group of groupsOf(sizes, order.most)) {
    for (const slice of await slicesOf(order, group, sizeOf)) {
      const rows = await refoldSlice(order, slice, crowd);
      everybody.splice(0, everybody.length, ...rows);
    }
  }
  // Last: only now everything is trained through this hour.
  await writeStates(order.db, everybody, order.version);
}

async function refoldSlice(
  order: Refold,
  slice: Slice,
  crowd: (hour: number) => HourSums | null,
): Promise<StateRow[]> {
  const { db, fromHour, through, trains, heirs } = order;
  const { clients, sizes } = slice;
  const book = createVolumeBook({
    ...{ trains, heirs, crowd },
    ...(sizes === undefined ? {} : { sizes }),
  });
  for (let start = fromHour; start <= through; start += STRIDE) {
    const range = { fromHour: start, toHour: Math.min(through + 1, start + STRIDE) };
    const [tokens, sums] = await Promise.all([
      readHours(db, 'token', range, clients, slice.tokens).then(byHour),
      readHours(db, 'client', range, clients).then(byHour),
    ]);
    for (let hour = range.fromHour; hour < range.toHour; hour += 1) {
      book.learn(hour, tokens.get(hour) ?? [], sums.get(hour) ?? []);
      const expected = order.expectedAfter(hour);
      if (expected !== null) await writeExpected(db, slice, book, expected);
    }
  }
  return keepStates(order, slice, book);
}

function byHour(rows: readonly HourRow[]): Map<number, HourRow[]> {
  return Map.groupBy(rows, (row) => row.hour);
}

async function writeExpected(db: Db, slice: Slice, book: VolumeBook, hour: number): Promise<void> {
  let rows: ProfileRow[] = [];
  for (const expected of book.expect(hour, IDLE_HOURS)) {
    if (isOf(slice, expected.entity, expected.key)) rows.push(profileRow(expected));
    if (rows.length < CHUNK) continue;
    await writeProfiles(db, rows);
    rows = [];
  }
  await writeProfiles(db, rows);
}

/** Writes what a book remembers; hands back the state of everybody, which is for the end. */
async function keepStates(
  { db, version, through }: Refold,
  slice: Slice,
  book: VolumeBook,
): Promise<StateRow[]> {
  let rows: StateRow[] = [];
  const everybody: StateRow[] = [];
  for (const { entity, key, clientId, state } of book.states()) {
    const active = Math.max(0, lastActive(state));
    const hour = trainedThrough(state);
    const row = { entity, key, clientId, hour, active, state, gone: through - active > FORGOTTEN };
    if (entity === 'all') everybody.push(row);
    else if (isOf(slice, entity, key)) rows.push(row);
    if (rows.length < CHUNK) continue;
    await writeStates(db, rows, version);
    rows = [];
  }
  await writeStates(db, rows, version);
  return everybody;
}
