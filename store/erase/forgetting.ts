import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../db.ts';
import { leaseIsHeld } from '../lease.ts';
import { readStageState, writeStageState } from '../stage-state.ts';

/** The pause between two looks for an answer, ms. */
const PAUSE = 200;

interface Mark {
  erasure: string;
}

async function readMark(db: Db, stage: string, key: string): Promise<string> {
  return ((await readStageState(db, stage, key)) as Mark | null)?.erasure ?? '';
}

/** The latest erasure after which stages must not use what they remember; empty when there was none. */
export async function latestErasure(db: Db): Promise<string> {
  return readMark(db, 'erase', 'latest');
}

/** A stage says that whatever it remembers it read after this erasure, and that nothing older is on its way. */
export async function confirmForgotten(db: Db, stage: string, erasure: string): Promise<void> {
  await writeStageState(db, stage, 'forgotten', { erasure } satisfies Mark);
}

/**
 * Asks a stage to drop what it remembers, and waits until it has.
 *
 * @param patience how long a running stage may take, ms
 * @returns false when a process holds the stage's lease and did not answer in time
 */
export async function forget(
  db: Db,
  stage: string,
  erasure: string,
  { patience, now }: { patience: number; now: () => number },
): Promise<boolean> {
  await writeStageState(db, 'erase', 'latest', { erasure } satisfies Mark);
  const until = now() + patience;
  for (;;) {
    if ((await readMark(db, stage, 'forgotten')) === erasure) return true;
    // Whoever takes the lease later begins with an empty memory.
    if (!(await leaseIsHeld(db, stage, now()))) return true;
    if (now() > until) return false;
    await delay(PAUSE);
  }
}
