import { ClickHouseError } from '@clickhouse/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { Spool, SpoolEntry } from './spool.ts';

/** Puts one encoded block into ClickHouse; throws when that cannot be known to have worked. */
export type InsertBlock = (block: Buffer, deduplicationToken: string) => Promise<void>;

export interface ReplayOptions {
  spool: Spool;
  insert: InsertBlock;
  onFailure: (error: unknown) => void;
  signal: AbortSignal;
}

/** How often an empty spool is looked at, and the pauses after a failure, ms. */
const LOOK = 250;
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
  const block = await spool.read(entry);
  if (block === null) return true;
  try {
    await insert(block, entry.token);
    await spool.remove(entry);
    return true;
  } catch (error) {
    onFailure(error);
    if (!isRefusal(error)) return false;
    const count = (refusals.get(entry.file) ?? 0) + 1;
    refusals.set(entry.file, count);
    if (count < REFUSALS) return false;
    refusals.delete(entry.file);
    await spool.setAside(entry, 'ClickHouse refuses its content');
    return true;
  }
}

/** Inserts what lies in the spool, oldest first, until the signal; what is left stays there. */
export async function replay(options: ReplayOptions): Promise<void> {
  const { spool, signal, onFailure } = options;
  const refusals = new Map<string, number>();
  let wait = FIRST_PAUSE;
  while (!signal.aborted) {
    const entry = spool.first();
    if (entry === null) {
      await pause(LOOK, signal);
      continue;
    }
    const done = await replayOne(options, entry, refusals).catch((error: unknown) => {
      onFailure(error);
      return false;
    });
    if (done) {
      wait = FIRST_PAUSE;
    } else {
      await pause(wait, signal);
      wait = Math.min(LONGEST_PAUSE, wait * 2);
    }
  }
}
