import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Spool } from '../collector/keep/spool.ts';
import { lookAtSpool, waitForEmptySpool } from './spool-files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-spool-files-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const wait = async (dropSetAside = false, patience = 0): Promise<number> =>
  waitForEmptySpool(dir, { patience, dropSetAside });

it('has nothing to wait for where no collector ever was', async () => {
  expect(await wait()).toBe(0);
  expect(lookAtSpool(dir)).toEqual({ waiting: 0, setAside: 0 });
});

it('refuses while calls of a collector lie there, in files as the collector writes them', async () => {
  const folder = join(dir, 'spool');
  const options = { folder, maxBytes: 1e6, instance: 'test', onProblem: () => undefined };
  const spool = await Spool.open(options);
  await spool.append('token', 1, Buffer.from('a block'));
  expect(lookAtSpool(dir).waiting).toBeGreaterThan(0);
  await expect(wait()).rejects.toThrow(/still lie in/);
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  expect(await wait()).toBe(0);
});

it('waits for a collector that is at it', async () => {
  mkdirSync(join(dir, 'spool'));
  const file = join(dir, 'spool', '000000000001.block');
  writeFileSync(file, '');
  const waiting = wait(false, 20_000);
  rmSync(file);
  expect(await waiting).toBe(0);
});

it('deletes what was set aside only when told to', async () => {
  mkdirSync(join(dir, 'spool'));
  writeFileSync(join(dir, 'spool', '000000000001.block.bad'), '');
  await expect(wait()).rejects.toThrow(/--drop-set-aside/);
  expect(await wait(true)).toBe(1);
  expect(lookAtSpool(dir).setAside).toBe(0);
});
