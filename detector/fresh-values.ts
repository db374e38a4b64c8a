import type { Db } from '../store/db.ts';
import { readFreshValues, readLongKnown, readShownKeys } from '../store/detection/fresh.ts';
import type { Arrival, ValuePage } from '../store/detection/fresh.ts';
import { createKeySet } from './values/known.ts';
import type { KeySet } from './values/known.ts';
import { HOUR_MS, hourOf } from './volume/calendar.ts';

/** Values that are remembered as known: about three million tokens' hours' worth in 130 MB at most. */
const MOST = 8_000_000;
/** Tokens of which all that they have long shown was looked up in an hour. */
const MOST_LOOKED_UP = 1_000_000;
/** Only so many tokens are asked about by name; of more, all that called are asked about. */
const MOST_NAMED = 5_000;
/** Tokens whose values are compared at once. */
const MOST_SHOWN = 200_000;
/** What was known stays known for looks at calls of so many hours before; see readFreshValues. */
const HOURS_BACK = 2;

/** Values that were found to be known to their tokens, and need not be asked about again. */
export interface KnownValues {
  keys: KeySet;
  /** Tokens of which it was looked up what they have long shown, by token and hour. */
  lookedUp: KeySet;
  /** The latest end of a look that they were found in, epoch ms. */
  latest: number;
}

/** Nothing is known yet. */
export function createKnownValues(): KnownValues {
  return { keys: createKeySet(MOST), lookedUp: createKeySet(MOST_LOOKED_UP), latest: 0 };
}

interface Shown {
  tokenHash: string;
  /** Those that are not known, low and high halves. */
  keys: number[];
}

/** Tokens with values that are not among the known; null when they are very many. */
async function readUnknown(
  db: Db,
  known: KnownValues,
  arrival: Arrival,
  after: string,
): Promise<Shown[] | null> {
  const unknown: Shown[] = [];
  let all = true;
  for await (const { tokenHash, keys } of readShownKeys(db, arrival, after)) {
    const some: number[] = [];
    for (let i = 0; i < keys.length; i += 2) {
      const low = keys[i] ?? 0;
      const high = keys[i + 1] ?? 0;
      if (!known.keys.has(low, high)) some.push(low, high);
    }
    if (some.length === 0) continue;
    if (unknown.length < MOST_SHOWN) unknown.push({ tokenHash, keys: some });
    else all = false;
  }
  return all ? unknown : null;
}

/** Those of the keys of a token that are not known. */
function strangeOf(known: KnownValues, keys: readonly number[]): number[] {
  return keys.filter((_, i) => {
    const begin = i - (i % 2);
    return !known.keys.has(keys[begin] ?? 0, keys[begin + 1] ?? 0);
  });
}

/**
 * Looks up at once all that tokens have long shown, once an hour: what they show next is then known.
 *
 * @returns those that showed something else
 */
async function withoutLongKnown(
  db: Db,
  known: KnownValues,
  to: number,
  shown: readonly Shown[],
): Promise<Shown[]> {
  const half = (token: string, from: number): number => parseInt(token.slice(from, from + 8), 16);
  const asked = shown.filter(({ tokenHash }) => {
    const key = [half(tokenHash, 0), (half(tokenHash, 8) + hourOf(to)) >>> 0] as const;
    if (known.lookedUp.has(...key)) return false;
    known.lookedUp.add(...key);
    return true;
  });
  if (asked.length === 0) return [...shown];
  const tokens = asked.map(({ tokenHash }) => tokenHash);
  for await (const keys of readLongKnown(db, to, tokens)) {
    for (let i = 0; i < keys.length; i += 2) known.keys.add(keys[i] ?? 0, keys[i + 1] ?? 0);
  }
  known.latest = Math.max(known.latest, to);
  return shown
    .map(({ tokenHash, keys }) => ({ tokenHash, keys: strangeOf(known, keys) }))
    .filter(({ keys }) => keys.length > 0);
}

const hex = (half: number): string => half.toString(16).padStart(8, '0');

/** Remembers what a page found to be known, of the tokens that it holds whole. */
function remember(known: KnownValues, to: number, shown: readonly Shown[], page: ValuePage): void {
  known.latest = Math.max(known.latest, to);
  for (const { tokenHash, keys } of shown) {
    if (page.next !== null && tokenHash > page.next) continue;
    for (let i = 0; i < keys.length; i += 2) {
      const low = keys[i] ?? 0;
      const high = keys[i + 1] ?? 0;
      if (!page.young.has(`${hex(high)}${hex(low)}`)) known.keys.add(low, high);
    }
  }
}

/**
 * The same as {@link readFreshValues}, at little cost where most values are known: nearly everything
 * that tokens show they have shown for long, and what was found out once stays true. Only tokens that
 * show anything else are looked up.
 */
export async function readUnknownValues(
  db: Db,
  known: KnownValues,
  arrival: Arrival,
  { limit, after = '' }: { limit: number; after?: string },
): Promise<ValuePage> {
  // Young calls are less than an hour older than their arrival.
  const oldest = hourOf(arrival.from - HOUR_MS);
  if (oldest + HOURS_BACK < hourOf(known.latest))
    return readFreshValues(db, arrival, { limit, after });
  const unknown = await readUnknown(db, known, arrival, after);
  if (unknown === null) return readFreshValues(db, arrival, { limit, after });
  const isFew = unknown.length <= MOST_NAMED;
  const shown = isFew ? await withoutLongKnown(db, known, arrival.to, unknown) : unknown;
  if (shown.length === 0) return { values: [], young: new Set(), next: null };
  const named = shown.length <= MOST_NAMED;
  const page = await readFreshValues(db, arrival, {
    ...{ limit, after },
    ...(named ? { tokens: shown.map((one) => one.tokenHash) } : {}),
  });
  remember(known, arrival.to, shown, page);
  return page;
}
