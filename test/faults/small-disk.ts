import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of so many bytes, or null where this user may mount none. */
export function smallDisk(bytes: number): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'tokenwatch-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(bytes)}`, 'tmpfs', dir], {
      stdio: 'ignore',
    });
    return dir;
  } catch {
    rmSync(dir, { recursive: true });
    return null;
  }
}

/** Takes such a disk away, with what is on it. */
export function removeDisk(dir: string): void {
  execFileSync('umount', [dir]);
  rmSync(dir, { recursive: true });
}
