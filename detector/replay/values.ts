import type { Ancestry } from '../../store/detection/ancestry.ts';
import type { FreshValue } from '../../store/detection/fresh.ts';
import { readDayValues } from '../../store/detection/replay.ts';
import type { ValuesRow } from '../../store/detection/replay.ts';
import type { Db } from '../../store/db.ts';
import { BY_RELEASE, DEPLOYMENT_MS } from '../judge/values.ts';
import type { Candidate } from '../judge/values.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';
import { isReleased } from '../values/release.ts';
import type { Program } from '../values/release.ts';
import { HOUR_MS } from '../volume/calendar.ts';
import { FLOOR } from '../judge/judged.ts';

/** Half-life of values, and how long one is new, hours. */
const HALF_LIFE = 30 * 24;
const NEW_HOURS = 72;
/** Days that shares are taken over. */
const SHARE_DAYS = 30;

interface OwnValue {
  /** Decayed count, as of `hour`. */
  count: number;
  hour: number;
  /** Epoch ms. */
  first: number;
}

/** Uptakes of a value by a client's tokens: hashes, and epoch ms. */
interface Uptakes {
  tokens: string[];
  since: number[];
}

/** Everything that the novelty of values is judged by, in memory. */
export interface ValueBook {
  own: Map<string, Map<string, Map<string, OwnValue>>>;
  uptakes: Map<string, Uptakes>;
  /** Since when a client's tokens are known, epoch ms. */
  clientTokens: Map<string, Map<string, number>>;
  /** Calls of everybody by day, by `dimension\0value` and by dimension; and up to which day, exclusive. */
  shares: Map<string, Map<number, number>>;
  sharesUntil: number;
  /** Whom tokens follow: what those are known for, they are. */
  ancestry: Ancestry;
}

/** Nothing known. */
export function beginValues(): ValueBook {
  const maps = { own: new Map(), uptakes: new Map(), clientTokens: new Map(), shares: new Map() };
  return { ...maps, ancestry: () => [], sharesUntil: 0 };
}

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function countsAt(book: ValueBook, tokenHash: string, dimension: string, hour: number) {
  const counts: Record<string, number> = {};
  for (const source of [tokenHash, ...book.ancestry(tokenHash)]) {
    for (const [value, own] of book.own.get(source)?.get(dimension) ?? []) {
      const hours = own.count * Math.pow(2, (own.hour - hour) / HALF_LIFE);
      counts[value] = (counts[value] ?? 0) + hours;
    }
  }
  return counts;
}

function shareAt(book: ValueBook, dimension: string, value: string, day: number): number {
  const sum = (days: Map<number, number> | undefined): number => {
    let calls = 0;
    for (const [d, n] of days ?? []) if (d < day && d >= day - SHARE_DAYS) calls += n;
    return calls;
  };
  const whole = sum(book.shares.get(dimension));
  return whole === 0 ? 0 : sum(book.shares.get(`${dimension}\0${value}`)) / whole;
}

/** Notes what all tokens showed on the days before an hour's, those of other slices too. */
export async function noteShares(db: Db, book: ValueBook, hour: number): Promise<void> {
  const today = Math.floor(hour / 24);
  if (book.sharesUntil >= today) return;
  const from = Math.max(book.sharesUntil, today - SHARE_DAYS);
  for (const { dimension, value, day, calls } of await readDayValues(db, from, today)) {
    for (const key of [dimension, `${dimension}\0${value}`]) {
      const days = within(book.shares, key, () => new Map<number, number>());
      days.set(day, (days.get(day) ?? 0) + calls);
    }
  }
  for (const [key, days] of book.shares) {
    for (const day of days.keys()) if (day < today - SHARE_DAYS) days.delete(day);
    if (days.size === 0) book.shares.delete(key);
  }
  book.sharesUntil = today;
}

function baselineAt(book: ValueBook, fresh: FreshValue, hour: number): ValueBaseline {
  const { tokenHash, clientId, dimension, value, time } = fresh;
  const uptakes = book.uptakes.get(`${clientId}\0${dimension}\0${value}`);
  let withIt = 0;
  let siblings = 0;
  uptakes?.tokens.forEach((hash, i) => {
    const since = uptakes.since[i] ?? Infinity;
    if (hash === tokenHash || since >= time) return;
    withIt += 1;
    if (since >= time - DEPLOYMENT_MS) siblings += 1;
  });
  let tokens = 0;
  for (const since of book.clientTokens.get(clientId)?.values() ?? [])
    if (since < time) tokens += 1;
  return {
    counts: countsAt(book, tokenHash, dimension, hour),
    clientTokens: Math.max(0, tokens - 1),
    clientTokensWith: withIt,
    siblings,
    share: shareAt(book, dimension, value, Math.floor(hour / 24)),
    ...(BY_RELEASE.has(dimension) && isReleased(programsOf(book, tokenHash), time)
      ? { released: true }
      : {}),
  };
}

function programsOf(book: ValueBook, tokenHash: string): Program[] {
  const values = book.own.get(tokenHash)?.get('user_agent') ?? [];
  return [...values].map(([value, { first }]) => ({ value, first }));
}

/** Notes who took up what when, before anything of the hour is judged. */
function noteUptakes(book: ValueBook, row: ValuesRow): void {
  const tokens = within(book.clientTokens, row.clientId, () => new Map<string, number>());
  if (!tokens.has(row.tokenHash)) {
    const first = row.times[row.dimensions.indexOf('any')] ?? row.hour * HOUR_MS;
    tokens.set(row.tokenHash, first);
  }
  const own = within(book.own, row.tokenHash, () => new Map<string, Map<string, OwnValue>>());
  row.dimensions.forEach((dimension, i) => {
    if (dimension === 'any') return;
    const value = row.values[i] ?? '';
    const time = row.times[i] ?? 0;
    const values = within(own, dimension, () => new Map<string, OwnValue>());
    if (!values.has(value)) values.set(value, { count: 0, hour: row.hour, first: time });
    const uptakes = within(book.uptakes, `${row.clientId}\0${dimension}\0${value}`, () => ({
      tokens: [],
      since: [],
    }));
    if (uptakes.tokens.length < 500 && !uptakes.tokens.includes(row.tokenHash)) {
      uptakes.tokens.push(row.tokenHash);
      uptakes.since.push(time);
    }
  });
}

/** Learns an hour once it has been judged. */
function learnRow(book: ValueBook, row: ValuesRow): void {
  const own = book.own.get(row.tokenHash);
  row.dimensions.forEach((dimension, i) => {
    if (dimension === 'any') return;
    const value = row.values[i] ?? '';
    const known = own?.get(dimension)?.get(value);
    if (known !== undefined) {
      known.count = known.count * Math.pow(2, (known.hour - row.hour) / HALF_LIFE) + 1;
      known.hour = row.hour;
    }
  });
}

/** What an hour's values ask to be looked at. */
export interface ValueLook {
  /** In order of their first call; what their calls said besides is to be filled in. */
  candidates: Candidate[];
  /** Tokens with a country they are not known for, and their clients. */
  travellers: Map<string, string>;
}

/** Replays the values of one hour. */
export function replayValues(
  book: ValueBook,
  hour: number,
  rows: readonly ValuesRow[],
  judging: boolean,
): ValueLook {
  for (const row of rows) noteUptakes(book, row);
  const look: ValueLook = { candidates: [], travellers: new Map() };
  if (judging) for (const row of rows) lookAt(book, hour, row, look);
  for (const row of rows) learnRow(book, row);
  look.candidates.sort((a, b) => a.fresh.time - b.fresh.time);
  return look;
}

function lookAt(book: ValueBook, hour: number, row: ValuesRow, look: ValueLook): void {
  const own = book.own.get(row.tokenHash);
  row.dimensions.forEach((dimension, i) => {
    const value = row.values[i] ?? '';
    const first = own?.get(dimension)?.get(value)?.first ?? 0;
    if (dimension === 'any' || first <= (hour - NEW_HOURS) * HOUR_MS) return;
    if (dimension === 'country' && (own?.get(dimension)?.size ?? 0) > 1) {
      look.travellers.set(row.tokenHash, row.clientId);
    }
    const fresh: FreshValue = {
      tokenHash: row.tokenHash,
      clientId: row.clientId,
      dimension,
      value,
      time: row.times[i] ?? 0,
      calls: row.calls[i] ?? 0,
      granted: [],
      networkKind: 'unknown',
    };
    const baseline = baselineAt(book, fresh, hour);
    if (noveltyBits(dimension, value, baseline) >= FLOOR) look.candidates.push({ fresh, baseline });
  });
}
