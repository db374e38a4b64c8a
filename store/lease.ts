import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from './db.ts';
import { readStageState, writeStageState } from './stage-state.ts';

/** How long a holder that says nothing keeps its lease, and how long two claims wait for each other, ms. */
export const LEASE_MS = 10_000;
const SETTLE_MS = 300;

interface Claim {
  holder: string;
  host: string;
  pid: number;
  /** Epoch ms by the holder's clock. */
  until: number;
}

export interface LeaseOptions {
  db: Db;
  stage: string;
  host: string;
  pid: number;
  now: () => number;
  /** True when a process of this host still runs: the lease of a dead one is free at once. */
  isAlive: (pid: number) => boolean;
}

/** At most one process of a stage acts; others stand by. A safeguard, not a consensus. */
export interface Lease {
  /** Takes or renews the lease; false while another process holds it. */
  hold(): Promise<boolean>;
  /** Gives it back, so that the next process need not wait. */
  release(): Promise<void>;
}

async function readClaim(db: Db, stage: string): Promise<Claim | null> {
  return (await readStageState(db, stage, 'lease')) as Claim | null;
}

/** True while a process holds a stage's lease, also one that ended a moment ago without giving it back. */
export async function leaseIsHeld(db: Db, stage: string, now: number): Promise<boolean> {
  return ((await readClaim(db, stage))?.until ?? 0) > now;
}

/**
 * A lease in `stage_state`: who wrote last holds it, while it renews. ClickHouse compares nothing
 * before it writes, so a claim waits a moment and looks again; two processes could still both
 * believe themselves holders for one renewal if a write took longer than that moment.
 */
export function createLease(options: LeaseOptions): Lease {
  const { db, stage, host, pid, now, isAlive } = options;
  const holder = randomUUID();
  let heldUntil = 0;
  const read = async (): Promise<Claim | null> => readClaim(db, stage);
  const write = async (until: number): Promise<void> => {
    await writeStageState(db, stage, 'lease', { holder, host, pid, until } satisfies Claim);
  };
  const isFree = (claim: Claim | null): boolean =>
    claim === null ||
    claim.holder === holder ||
    claim.until <= now() ||
    (claim.host === host && claim.pid !== pid && !isAlive(claim.pid));
  return {
    async hold() {
      if (heldUntil - now() > LEASE_MS / 2 && heldUntil - now() <= LEASE_MS) return true;
      const claim = await read();
      if (!isFree(claim)) {
        heldUntil = 0;
        return false;
      }
      const until = now() + LEASE_MS;
      await write(until);
      if (claim?.holder !== holder) {
        await delay(SETTLE_MS);
        if ((await read())?.holder !== holder) return false;
      }
      heldUntil = until;
      return true;
    },
    async release() {
      if (heldUntil > now()) await write(0);
      heldUntil = 0;
    },
  };
}
