import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './exit.ts';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The live process that has taken a data directory with `lockDataDir`; null where there is none. */
export function holderOf(dataDir: string): number | null {
  let holder: number;
  try {
    holder = Number(readFileSync(join(dataDir, 'up.pid'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return holder > 0 && alive(holder) ? holder : null;
}

/**
 * Marks a data directory as in use by this process, so that `up` does not run twice on it.
 *
 * @returns a function that gives it back
 * @throws UsageError naming the process that has it
 */
export function lockDataDir(dataDir: string): () => Promise<void> {
  const file = join(dataDir, 'up.pid');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      return async () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(dataDir);
    if (holder !== null && holder !== process.pid) {
      throw new UsageError(
        `tokenwatch already runs on ${dataDir} (process ${String(holder)}); ` +
          'stop it, or set TOKENWATCH_DATA_DIR to another directory',
      );
    }
    rmSync(file, { force: true });
  }
  throw new UsageError(`cannot take ${file}`);
}
