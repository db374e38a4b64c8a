import type { Drip } from '../../store/detection/drips.ts';
import type { HourRow } from '../../store/detection/hours.ts';
import type { MinutesRow } from '../../store/detection/replay.ts';
import type { Judged } from '../judge/judged.ts';
import { isSurprising, judgeCase } from '../judge/surge.ts';
import { othersMove } from '../judge/volume.ts';
import { clientKey, createVolumeBook } from '../volume/book.ts';
import type { BookOptions, Lookup, VolumeBook } from '../volume/book.ts';
import { HOUR_MS, MINUTE_MS } from '../volume/calendar.ts';
import type { Expectation } from '../volume/expectation.ts';
import { withoutBusiest } from '../volume/surge-finding.ts';
import { worthJudging } from '../volume/surge.ts';
import { TRAINING_LAG } from '../train.ts';
import { addCalls, emptyMinutes, prefixOf, sumOfDayBefore, trailing, turnTo } from './minutes.ts';
import type { Minutes } from './minutes.ts';

/** What the replay of volume keeps between hours. */
export interface VolumeReplay {
  book: VolumeBook;
  tokens: Map<string, Minutes>;
  clients: Map<string, Minutes>;
  /** Tokens that a client was seen with. */
  tokensOf: Map<string, Set<string>>;
  /** Hours that wait to be learnt. */
  waiting: Map<number, { tokens: HourRow[]; clients: HourRow[] }>;
  /** Tokens whose evidence of a slow drip rose with the hour that was learnt last. */
  drips: Drip[];
}

/** Begins with an empty book. */
export function beginVolume(options: BookOptions): VolumeReplay {
  const drips: Drip[] = [];
  const book = createVolumeBook({ ...options, drips: (one) => drips.push(one) });
  const maps = { tokens: new Map(), clients: new Map(), tokensOf: new Map() };
  return { book, drips, ...maps, waiting: new Map() };
}

/** An hour's sums of an entity out of its minutes. */
function sumsOf(present: Uint32Array): { calls: number; q1: number; q5: number } {
  const sums = { calls: 0, q1: 0, q5: 0 };
  let five = 0;
  present.forEach((n, m) => {
    sums.calls += n;
    sums.q1 += n * n;
    five += n;
    if (m % 5 === 4) {
      sums.q5 += five * five;
      five = 0;
    }
  });
  return sums;
}

function minutesOf(all: Map<string, Minutes>, key: string, hour: number): Minutes {
  let minutes = all.get(key);
  if (minutes === undefined) {
    minutes = emptyMinutes();
    all.set(key, minutes);
  }
  turnTo(minutes, hour);
  return minutes;
}

/**
 * Replays the volume of one hour: judges every minute of it with what is learnt of the hours up to
 * three before, as a live detector does.
 *
 * @param into null when the hour only trains
 */
export function replayVolume(
  replay: VolumeReplay,
  hour: number,
  rows: readonly MinutesRow[],
  into: Judged | null,
): void {
  learnDue(replay, hour);
  const clientOf = new Map<string, string>();
  const touched = new Set<string>();
  for (const row of rows) {
    const token = minutesOf(replay.tokens, row.tokenHash, hour);
    const client = minutesOf(replay.clients, row.clientId, hour);
    touched.add(row.clientId);
    clientOf.set(row.tokenHash, row.clientId);
    const tokens = replay.tokensOf.get(row.clientId) ?? new Set();
    replay.tokensOf.set(row.clientId, tokens.add(row.tokenHash));
    row.minutes.forEach((minute, i) => {
      const calls = row.counts[i] ?? 0;
      addCalls(token, minute, calls);
      addCalls(client, minute, calls);
    });
  }
  if (into !== null) judgeHour(replay, hour, clientOf, touched, into);
  keepWaiting(replay, hour, clientOf, touched);
}

function learnDue(replay: VolumeReplay, hour: number): void {
  replay.drips.length = 0;
  for (const due of [...replay.waiting.keys()].sort((a, b) => a - b)) {
    if (due > hour - TRAINING_LAG) break;
    const rows = replay.waiting.get(due);
    replay.book.learn(due, rows?.tokens ?? [], rows?.clients ?? []);
    replay.waiting.delete(due);
  }
}

function keepWaiting(
  replay: VolumeReplay,
  hour: number,
  clientOf: ReadonlyMap<string, string>,
  touched: ReadonlySet<string>,
): void {
  const tokens = [...clientOf].map(([tokenHash, clientId]) => ({
    hour,
    tokenHash,
    clientId,
    ...sumsOf(minutesOf(replay.tokens, tokenHash, hour).present),
  }));
  const clients = [...touched].map((clientId) => ({
    hour,
    tokenHash: '',
    clientId,
    ...sumsOf(minutesOf(replay.clients, clientId, hour).present),
  }));
  replay.waiting.set(hour, { tokens, clients });
}

interface ClientHourView {
  expectation: Expectation | null;
  prefix: Float64Array;
}

function judgeHour(
  replay: VolumeReplay,
  hour: number,
  clientOf: ReadonlyMap<string, string>,
  touched: ReadonlySet<string>,
  into: Judged,
): void {
  const lookup = replay.book.at(hour);
  const views = new Map<string, ClientHourView>();
  for (const clientId of touched) {
    const minutes = minutesOf(replay.clients, clientId, hour);
    const view = { expectation: lookup.client(clientId), prefix: prefixOf(minutes) };
    views.set(clientId, view);
    if (clientId === '' || view.expectation === null) continue;
    judgeClient({ replay, hour, clientId, minutes, prefix: view.prefix }, view.expectation, into);
  }
  for (const [tokenHash, clientId] of clientOf) {
    judgeToken({ replay, lookup, hour, tokenHash, clientId, view: views.get(clientId) }, into);
  }
}

interface ClientHour {
  replay: VolumeReplay;
  hour: number;
  clientId: string;
  minutes: Minutes;
  prefix: Float64Array;
}

function judgeClient(one: ClientHour, expectation: Expectation, into: Judged): void {
  const { replay, hour, clientId, minutes, prefix } = one;
  const entity = { kind: 'client', key: clientKey(clientId), tokenHash: '', clientId } as const;
  let tokens: { prefix: Float64Array; dayBefore: number }[] | undefined;
  judgeMinutes(hour, minutes, prefix, expectation, (window) => {
    const whole = { entity, window, baseline: { expectation, move: 1, known: true } };
    if (!isSurprising(whole)) return;
    tokens ??= [...(replay.tokensOf.get(clientId) ?? [])].map((hash) => {
      const own = minutesOf(replay.tokens, hash, hour);
      return { prefix: prefixOf(own), dayBefore: sumOfDayBefore(own) };
    });
    const m = Math.floor(window.minute / MINUTE_MS) % 60;
    const most = [0, 0, 0, 0] as [number, number, number, number];
    for (const own of tokens) {
      most[0] = Math.max(most[0], trailing(own.prefix, m, 1));
      most[1] = Math.max(most[1], trailing(own.prefix, m, 5));
      most[2] = Math.max(most[2], trailing(own.prefix, m, 60));
      most[3] = Math.max(most[3], own.dayBefore + trailing(own.prefix, m, m + 1));
    }
    judgeCase({ ...whole, window: withoutBusiest(window, most) }, into);
  });
}

interface TokenHour {
  replay: VolumeReplay;
  lookup: Lookup;
  hour: number;
  tokenHash: string;
  clientId: string;
  view: ClientHourView | undefined;
}

function judgeToken(one: TokenHour, into: Judged): void {
  const { replay, lookup, hour, tokenHash, clientId, view } = one;
  const minutes = minutesOf(replay.tokens, tokenHash, hour);
  const prefix = prefixOf(minutes);
  // Nothing of this hour can reach the fewest calls that are judged.
  if (trailing(prefix, 59, 120) < 8 && sumOfDayBefore(minutes) < 30) return;
  const found = lookup.token(tokenHash, clientId);
  if (found === null) return;
  const { expectation, known } = found;
  const entity = { kind: 'token', key: tokenHash, tokenHash, clientId } as const;
  judgeMinutes(hour, minutes, prefix, expectation, (window) => {
    const m = Math.floor(window.minute / MINUTE_MS) % 60;
    const move =
      view === undefined || view.expectation === null
        ? 1
        : othersMove(
            { client: trailing(view.prefix, m - 1, 60), own: trailing(prefix, m - 1, 60) },
            view.expectation,
            expectation,
            window.minute,
          );
    judgeCase({ entity, window, baseline: { expectation, move, known } }, into);
  });
}

/** Calls `judge` for the minutes of an hour whose windows stand out: the same cut as in SQL. */
function judgeMinutes(
  hour: number,
  minutes: Minutes,
  prefix: Float64Array,
  expectation: Expectation,
  judge: (window: { minute: number; counts: [number, number, number, number] }) => void,
): void {
  const { means, before, day } = expectation;
  const least = Math.min(means.a, means.b, before.a, before.b);
  const dayLeast = Math.min(day.a, day.b);
  const dayBefore = sumOfDayBefore(minutes);
  for (let m = 0; m < 60; m += 1) {
    const x1 = minutes.present[m] ?? 0;
    if (x1 === 0) continue;
    const x5 = trailing(prefix, m, 5);
    const x60 = trailing(prefix, m, 60);
    if (x1 < 8 && x5 < 12 && x60 < 15) continue;
    const x1440 = dayBefore + trailing(prefix, m, m + 1);
    const worth =
      worthJudging(x1, least / 60, 0) ||
      worthJudging(x5, least / 12, 1) ||
      worthJudging(x60, least, 2) ||
      worthJudging(x1440, dayLeast, 3);
    if (worth) judge({ minute: hour * HOUR_MS + m * MINUTE_MS, counts: [x1, x5, x60, x1440] });
  }
}
