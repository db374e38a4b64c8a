#!/usr/bin/env node
// `npx tokenwatch …`: the command line on a Node that runs TypeScript; an older one hands over to
// the Node that this project pins.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dieWithParentFlags, endAs, root, runToEnd } from '../scripts/child.mjs';
import { pinnedNode, setup } from '../scripts/setup.mjs';

const main = join(root, 'cli', 'main.ts');
const runsTypeScript = Number(process.versions.node.split('.')[0]) >= 24;

if (!existsSync(pinnedNode)) await setup({ dev: false });
if (runsTypeScript) {
  await import('../cli/main.ts');
} else {
  const args = [...dieWithParentFlags(), main, ...process.argv.slice(2)];
  await endAs(await runToEnd(pinnedNode, args, { ownGroup: true }));
}
