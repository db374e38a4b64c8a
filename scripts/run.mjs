// node scripts/run.mjs FILE [ARG…]        sets up, then runs a .ts file of the project
// node scripts/run.mjs --bin NAME [ARG…]  sets up, then runs the command of an npm package
//
// Either on the pinned Node. npm scripts `exec` it, so that it takes the place of npm's shell: dash
// would not pass signals on.
import { realpathSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { dieWithParentFlags, endAs, root, runToEnd } from './child.mjs';
import { pinnedNode, setup } from './setup.mjs';

const [first, ...rest] = process.argv.slice(2);
const isBin = first === '--bin';
const target = isBin ? rest.shift() : first;

if (target === undefined) {
  console.error('usage: node scripts/run.mjs FILE [ARG…] | --bin NAME [ARG…]');
  process.exit(2);
}

await setup({ dev: isBin });
await endAs(await runPinned(isBin ? binFile(target) : resolve(root, target), rest));

function runPinned(file, args) {
  const env = { ...process.env, PATH: [bins(), process.env.PATH ?? ''].join(delimiter) };
  return runToEnd(pinnedNode, [...dieWithParentFlags(), file, ...args], { env, ownGroup: true });
}

function binFile(name) {
  return realpathSync(join(bins(), name));
}

function bins() {
  return join(root, 'node_modules', '.bin');
}
