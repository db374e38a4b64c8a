#!/usr/bin/env node
// `npx tokenwatch …`: the command line on the Node that this project pins. A Node that runs
// TypeScript itself runs it at once, but not under npm, which sends a Ctrl-C a second time.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dieWithParentFlags, endAs, root, runToEnd } from '../scripts/child.mjs';
import { pinnedNode, setup } from '../scripts/setup.mjs';

const main = join(root, 'cli', 'main.ts');
const runsTypeScript = Number(process.versions.node.split('.')[0]) >= 24;
const underNpm = process.env.npm_lifecycle_event !== undefined;

if (!existsSync(pinnedNode)) await setup({ dev: false });
if (runsTypeScript && !underNpm) {
  await import('../cli/main.ts');
} else {
  const args = [...dieWithParentFlags(), main, ...process.argv.slice(2)];
  await endAs(await runToEnd(pinnedNode, args, { ownGroup: true }));
}
