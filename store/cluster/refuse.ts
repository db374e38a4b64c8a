import type { Db } from '../db.ts';

/**
 * For what reaches one server only: its part of a cluster would pass for the whole.
 *
 * @throws Error on a cluster
 */
export function refuseCluster(db: Db, what: string): void {
  if (db.cluster === null) return;
  throw new Error(
    `${what} works on a single server: on a cluster nothing was done; ` +
      'each server of it has its own rows',
  );
}
