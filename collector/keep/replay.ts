import { ClickHouseError } from '@clickhouse/client';
import { setTimeout as delay } from 'node:timers/promises';
import { SEGMENT_ROWS } from './spool.ts';
import type { Spool, SpoolEntry } from './spool.ts';

/** Puts encoded blocks into ClickHouse as one; throws when that cannot be known to have worked. */
export type InsertBlock = (
  blocks: Buffer | AsyncIterable<Buffer>,
  deduplicationToken: string,
) => Promise<void>;

export interface ReplayOptions {
  spool: Spool;
  insert: InsertBlock;
  onFailure: (error: unknown) => void;
  /** Aborted when no more comes: what waits is still inserted, as long as that works. */
  signal: AbortSignal;
  /** A clock in milliseconds that never goes back. */
  now: () => number;
  /** Whether ClickHouse takes CPU time that is needed to acknowledge what comes. */
  isPressed?: () => boolean;
}

/** Between the beginnings of two inserts, ms, unless a segment is full: few inserts, large ones. */
const PACE = 1000;
/** The same as a multiple of what the last insert took: a busy store gets fewer and larger ones. */
const SPARE = 2;
/** How long what waits is inserted after the signal, ms. */
const LAST_INSERTS = 10_000;
/** How often an empty spool is looked at, and the pauses after a failure, ms. */
const LOOK = 50;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
/** Times that ClickHouse may refuse a block's content before the block is set aside. */
const REFUSALS = 3;

/**
 * ClickHouse's codes for a block that can never be taken: it does not parse, or does not fit. All
 * others (memory, parts, a table that is being made) may pass.
 */
const NEVER = new Set([
  '6',
  '9',
  '10',
  '16',
  '26',
  '27',
  '33',
  '38',
  '41',
  '53',
  '70',
  '117',
  '131',
]);

function isRefusal(error: unknown): boolean {
  return error instanceof ClickHouseError && NEVER.has(error.code);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An abort ends the pause early and is seen by the loop.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** True when the entry is dealt with, in whatever way. */
async function replayOne(
  { spool, insert, onFailure }: ReplayOptions,
  entry: SpoolEntry,
  refusals: Map<string, number>,
): Promise<boolean> {
  const found = { damage: false };
  const blocks = await spool.read(entry, () => (found.damage = true));
  try {
    await insert(blocks, entry.token);
    await spool.remove(entry);
    return true;
  } catch (error) {
    onFailure(error);
    if (found.damage) {
      await spool.setAside(entry, 'it is damaged');
      return true;
    }
    if (!isRefusal(error)) return false;
    const count = (refusals.get(entry.file) ?? 0) + 1;
    refusals.set(entry.file, count);
    if (count < REFUSALS) return false;
    refusals.delete(entry.file);
    await spool.setAside(entry, 'ClickHouse refuses its content');
    return true;
  }
}

/** Share of the spool up to which what comes goes before what waits. */
const PATIENT = 0.5;

/** Whether it is better to wait: until more rows have come, or to leave time to acknowledge others. */
function isEarly(
  { spool, isPressed = () => false }: ReplayOptions,
  entry: SpoolEntry,
  sinceLast: number,
  lastTook: number,
): boolean {
  // Asked each time, so that it looks at short times only.
  const mayRest = isPressed() && spool.share < PATIENT;
  if (entry.rows >= SEGMENT_ROWS) return mayRest && sinceLast < lastTook * SPARE;
  return sinceLast < Math.max(PACE, lastTook * SPARE);
}

/**
 * Inserts what lies in the spool, oldest first. After the signal it goes on until the spool is
 * empty, an insert fails or the time is up; what is left then stays there.
 */
export async function replay(options: ReplayOptions): Promise<void> {
  const { spool, signal, onFailure, now } = options;
  const refusals = new Map<string, number>();
  let wait = FIRST_PAUSE;
  let last = Number.NEGATIVE_INFINITY;
  let took = 0;
  let deadline = Number.POSITIVE_INFINITY;
  signal.addEventListener('abort', () => (deadline = now() + LAST_INSERTS), { once: true });
  while (now() < deadline) {
    const entry = spool.first();
    if (entry === null && signal.aborted) return;
    if (entry === null || (!signal.aborted && isEarly(options, entry, now() - last, took))) {
      await pause(LOOK, signal);
      continue;
    }
    last = now();
    const done = await replayOne(options, entry, refusals).catch((error: unknown) => {
      onFailure(error);
      return false;
    });
    if (!done && signal.aborted) return;
    if (done) {
      took = now() - last;
      wait = FIRST_PAUSE;
    } else {
      await pause(wait, signal);
      wait = Math.min(LONGEST_PAUSE, wait * 2);
    }
  }
}
