import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from './exit.ts';

function names(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** How many files of calls lie in a data directory's spool: to be inserted, and set aside. */
export function lookAtSpool(dataDir: string): { waiting: number; setAside: number } {
  const folder = join(dataDir, 'spool');
  return {
    waiting: names(folder, /\.block(\.part)?$/).length,
    setAside: names(folder, /\.bad$/).length,
  };
}

/**
 * Waits until nothing lies in a data directory's spool: calls that come into the store later would
 * outlive an erasure. Files that the collector set aside can be read by nobody but a person.
 *
 * @param patience ms to wait for a running collector to insert what is there
 * @param dropSetAside deletes what was set aside
 * @returns how many files were deleted
 * @throws UsageError when blocks stay, or files were set aside and may not be deleted
 */
export async function waitForEmptySpool(
  dataDir: string,
  { patience, dropSetAside }: { patience: number; dropSetAside: boolean },
): Promise<number> {
  const folder = join(dataDir, 'spool');
  const deadline = performance.now() + patience;
  for (;;) {
    const { waiting } = lookAtSpool(dataDir);
    if (waiting === 0) break;
    if (performance.now() >= deadline) {
      throw new UsageError(
        `${String(waiting)} files of calls still lie in ${folder}: ` +
          'let a collector insert them first (tokenwatch collector)',
      );
    }
    await delay(200);
  }
  const setAside = names(folder, /\.bad$/);
  if (setAside.length > 0 && !dropSetAside) {
    throw new UsageError(
      `${String(setAside.length)} files in ${folder} were set aside and may hold calls: ` +
        'look at them, or delete them by --drop-set-aside',
    );
  }
  for (const name of setAside) rmSync(join(folder, name), { force: true });
  return setAside.length;
}
