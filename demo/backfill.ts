import type { Actor } from './cast.ts';
import type { HistoryTracers } from './history-tracers.ts';
import { callsBetween } from './schedule.ts';

/** History is sent in pieces of this much time, ms; what was taken of it is remembered by piece. */
const PIECE_MS = 8 * 3_600_000;
/** Pieces that may be under way while the next one is made. */
const AHEAD = 2;
/** A gap smaller than this is left to live traffic, ms. */
const CLOSE_ENOUGH_MS = 1_500;

export interface BackfillOptions {
  seed: number;
  actors: readonly Actor[];
  tracers: Pick<HistoryTracers, 'record' | 'flush'>;
  /** Where history begins, epoch ms. */
  from: number;
  /** Epoch ms. */
  now: () => number;
  /** Everything before `until` has been taken by the collector. */
  onKept: (until: number, calls: number) => void;
  stopped: () => boolean;
}

/**
 * Sends the calls from `from` up to the present, and on until the present is reached: while the
 * fortnight is sent, time passes too.
 *
 * @returns the moment (epoch ms) from which live traffic carries on
 */
export async function backfill(options: BackfillOptions): Promise<number> {
  let until = options.from;
  let calls = 0;
  let underWay: Promise<void>[] = [];
  while (!options.stopped()) {
    const end = Math.min(until + PIECE_MS, options.now());
    if (end - until < CLOSE_ENOUGH_MS) break;
    calls += await recordPiece(options, until, end);
    until = end;
    const kept = calls;
    const before = underWay.at(-1);
    const sending = options.tracers.flush().then(async () => {
      await before;
      options.onKept(end, kept);
    });
    sending.catch(() => undefined); // Awaited below, possibly after another one has failed.
    underWay.push(sending);
    if (underWay.length > AHEAD) await underWay.shift();
    // Before the last pieces nothing may be outstanding, else "the present" would run ahead of us.
    if (options.now() - until < PIECE_MS) {
      await Promise.all(underWay);
      underWay = [];
    }
  }
  await Promise.all(underWay);
  return until;
}

/** Makes the spans of a piece, leaving room for the sending every hour of it. */
async function recordPiece(options: BackfillOptions, from: number, until: number): Promise<number> {
  const { seed, actors, tracers } = options;
  let calls = 0;
  const step = 3_600_000;
  for (let start = from; start < until; start += step) {
    const hour = callsBetween(seed, actors, start, Math.min(start + step, until));
    for (const call of hour) tracers.record(call);
    calls += hour.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return calls;
}
