// Installs what is missing. Plain JavaScript without dependencies, for Node 20 and newer: it is the
// first thing that runs in a fresh clone.
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { endAs, root, runToEnd } from './child.mjs';
import { withLock } from './lock.mjs';

const oldestNode = 20;

/**
 * What package-lock.json says, which `--no-save` leaves as it is. Not `npm ci`: that refuses a lock
 * file without the optional packages of other platforms, and deletes node_modules under whatever
 * runs from it. Errors only: npm's own Node is too old for many packages, the pinned one is not.
 */
const npmInstall = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];

/** The Node that package.json pins; the only one that runs our `.ts` files. */
export const pinnedNode = join(root, 'node_modules', '.bin', 'node');

/**
 * Makes the tree ready to run; returns at once when it is. Ends the process with code 2 when this
 * Node is too old, and with npm's own code when npm fails.
 *
 * @param {{ dev?: boolean }} [options] `dev: false` when the development tools may be absent, as
 *   after `npm ci --omit=dev`
 */
export async function setup({ dev = true } = {}) {
  checkNodeVersion();
  if (missing({ dev }) === null) return;
  const end = await withLock(join(root, '.tokenwatch-setup.lock'), () => install({ dev }), {
    onWait: (pid) => console.error(`tokenwatch: process ${pid} is installing here; waiting for it`),
  });
  if (end.code !== 0) {
    console.error('tokenwatch: npm install failed; see above');
    return endAs(end);
  }
  const still = missing({ dev });
  if (still !== null) throw new Error(`npm install succeeded, but this is still missing: ${still}`);
}

/**
 * What npm did not install yet, by its own record of what it put into node_modules.
 *
 * @returns {string | null} the first thing that is missing, in words
 */
export function missing({ dev = true, folder = root } = {}) {
  const wanted = packagesIn(join(folder, 'package-lock.json')) ?? {};
  const installed = packagesIn(join(folder, 'node_modules', '.package-lock.json'));
  if (installed === null) return 'node_modules';
  for (const [path, { version, integrity, ...entry }] of Object.entries(wanted)) {
    const found = installed[path];
    if (path === '' || (found?.version === version && found.integrity === integrity)) continue;
    const mayBeAbsent = entry.optional || entry.devOptional || (entry.dev && !dev);
    if (found === undefined && mayBeAbsent) continue;
    return `${path} ${version}`;
  }
  return existsSync(join(folder, 'node_modules', '.bin', 'node')) ? null : 'the pinned Node';
}

async function install({ dev }) {
  const reason = missing({ dev });
  if (reason === null) return { code: 0, signal: null }; // Done by the process we waited for.
  console.error(`tokenwatch: installing dependencies (missing: ${reason}) …`);
  const env = { ...process.env, PATH: pathWithoutOwnBins() };
  return runToEnd('npm', npmInstall, { cwd: root, env });
}

function checkNodeVersion() {
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return;
  console.error(`tokenwatch needs Node ${oldestNode} or newer; this is ${process.version}`);
  process.exit(2);
}

function packagesIn(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : null;
}

/** npm must not run on the very Node that it may be about to replace. */
function pathWithoutOwnBins() {
  const own = join(root, 'node_modules');
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !folder.startsWith(own)).join(delimiter);
}
