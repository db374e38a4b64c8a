import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../scripts/lock.mjs';
import { missing } from '../scripts/setup.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-setup-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

type Packages = Record<string, { version: string; integrity?: string; [flag: string]: unknown }>;

/** A project whose lock file asks for `wanted` while npm's own record says `installed`. */
function project(wanted: Packages, installed?: Packages): void {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  if (installed === undefined) return;
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  writeFileSync(join(folder, 'node_modules', '.bin', 'node'), '');
  const record = join(folder, 'node_modules', '.package-lock.json');
  writeFileSync(record, JSON.stringify({ packages: installed }));
}

const root = { version: '0.1.0' };
const a = { version: '1.0.0', integrity: 'sha512-a' };

describe('what setup finds missing', () => {
  it('everything in a fresh clone', () => {
    project({ '': root, 'node_modules/a': a });
    expect(missing({ folder })).toBe('node_modules');
  });

  it('nothing when npm installed what the lock file says', () => {
    project({ '': root, 'node_modules/a': a }, { 'node_modules/a': a });
    expect(missing({ folder })).toBeNull();
  });

  it('a package that was added or changed since', () => {
    const changed = { version: '1.0.1', integrity: 'sha512-b' };
    project({ '': root, 'node_modules/a': changed }, { 'node_modules/a': a });
    expect(missing({ folder })).toBe('node_modules/a 1.0.1');
    project({ '': root, 'node_modules/a': a, 'node_modules/b': a }, { 'node_modules/a': a });
    expect(missing({ folder })).toBe('node_modules/b 1.0.0');
  });

  it('not what npm leaves out: other platforms, and development tools where they are unwanted', () => {
    project({ '': root, 'node_modules/mac': { ...a, optional: true } }, {});
    expect(missing({ folder })).toBeNull();
    project({ '': root, 'node_modules/tool': { ...a, dev: true } }, {});
    expect(missing({ folder, dev: false })).toBeNull();
    expect(missing({ folder, dev: true })).toBe('node_modules/tool 1.0.0');
  });

  it('the pinned Node when its install script did not run', () => {
    project({ '': root, 'node_modules/a': a }, { 'node_modules/a': a });
    rmSync(join(folder, 'node_modules', '.bin', 'node'));
    expect(missing({ folder })).toBe('the pinned Node');
  });
});

describe('the lock around setup', () => {
  it('lets one process in at a time', async () => {
    const log = join(folder, 'log');
    const code = `
      import { appendFileSync } from 'node:fs';
      import { withLock } from ${JSON.stringify(join(import.meta.dirname, '../scripts/lock.mjs'))};
      await withLock(${JSON.stringify(join(folder, 'lock'))}, async () => {
        appendFileSync(${JSON.stringify(log)}, 'in ');
        await new Promise((resolve) => setTimeout(resolve, 100));
        appendFileSync(${JSON.stringify(log)}, 'out ');
      });`;
    const args = ['--input-type=module', '-e', code];
    const ends = [1, 2, 3].map(() => {
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      return new Promise((resolve) => child.once('exit', resolve));
    });
    expect(await Promise.all(ends)).toEqual([0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('in out in out in out ');
    expect(readdirSync(folder)).toEqual(['log']);
  });

  it('takes over from a process that died, and is free again after an error', async () => {
    const lock = join(folder, 'lock');
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(pid));
    const failing = withLock(lock, () => Promise.reject(new Error('npm failed')));
    await expect(failing).rejects.toThrow('npm failed');
    expect(existsSync(lock)).toBe(false);
  });

  it('gives up on a living owner with the name of the folder', async () => {
    const lock = join(folder, 'lock');
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    const waiting = withLock(lock, () => Promise.resolve(), { timeoutMs: 300 });
    await expect(waiting).rejects.toThrow(lock);
  });
});
