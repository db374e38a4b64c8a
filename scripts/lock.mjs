// A lock between processes that needs nothing installed: a folder that is moved into place whole,
// so it never exists without its owner's name in it.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 200;

/**
 * Runs `work` while holding the lock folder `path`. The lock of a process that no longer lives is
 * taken over.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ timeoutMs?: number, onWait?: (pid: number) => void }} [options]
 * @returns {Promise<T>}
 * @throws when a living process holds it for longer than `timeoutMs` (default 15 minutes)
 */
export async function withLock(path, work, { timeoutMs = 15 * 60_000, onWait } = {}) {
  const giveUpAt = Date.now() + timeoutMs;
  let told = false;
  while (!take(path) && !takeOver(path)) {
    const owner = ownerOf(path);
    if (owner !== null && !told) onWait?.(owner);
    told ||= owner !== null;
    if (Date.now() > giveUpAt) {
      throw new Error(`process ${owner} holds ${path}; if it is not ours, remove that folder`);
    }
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    release(path);
  }
}

function take(path) {
  const mine = mkdtempSync(`${path}-`);
  writeFileSync(join(mine, 'pid'), String(process.pid));
  try {
    renameSync(mine, path); // Fails when the folder is there with an owner in it.
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(error.code)) return false;
    throw error;
  }
}

/** Claims a dead owner's lock: of several who try, `mkdir` lets one through. */
function takeOver(path) {
  const owner = ownerOf(path);
  if (owner === null || isAlive(owner)) return false;
  const claim = join(path, `claim-${owner}`);
  try {
    mkdirSync(claim);
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(error.code)) return false;
    throw error;
  }
  // Someone else may have taken over, finished and gone between the two looks.
  if (ownerOf(path) !== owner) {
    rmSync(claim, { recursive: true, force: true });
    return false;
  }
  writeFileSync(join(path, 'pid'), String(process.pid));
  return true;
}

function release(path) {
  const aside = `${path}-${process.pid}-done`;
  renameSync(path, aside);
  rmSync(aside, { recursive: true });
}

function ownerOf(path) {
  try {
    return Number(readFileSync(join(path, 'pid'), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
