// npm run check [-- --skip-tests]: what CI demands of a change, in order, up to the first failure.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { dieWithParentFlags, endAs, root, runToEnd } from './child.mjs';
import { pinnedNode, setup } from './setup.mjs';

const usage = 'usage: npm run check [-- --skip-tests]';
const unknown = process.argv.slice(2).filter((arg) => arg !== '--skip-tests');
if (unknown.length > 0) {
  console.error(`unknown argument ${unknown.join(' ')}\n${usage}`);
  process.exit(2);
}

const webConfig = join('console', 'web', 'tsconfig.json');
const steps = [
  { name: 'format', bin: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint', bin: 'eslint', args: ['--max-warnings', '0', '.'] },
  { name: 'types', bin: 'tsc', args: ['--noEmit'] },
  {
    name: 'types of the web page',
    bin: 'tsc',
    args: ['--noEmit', '-p', webConfig],
    needs: webConfig,
  },
  { name: 'packages', file: join('scripts', 'supply-chain.mjs'), args: [] },
  { name: 'dashboards', file: join('dashboards', 'build.ts'), args: ['--check'] },
  { name: 'tests', bin: 'vitest', args: ['run'], skip: process.argv.includes('--skip-tests') },
].filter((step) => !step.skip && (!step.needs || existsSync(join(root, step.needs))));

await setup();
const results = [];
let failure = null;
for (const step of steps) {
  const startedAt = Date.now();
  console.log(`\n── ${step.name}`);
  const file = realpathSync(join(root, step.file ?? join('node_modules', '.bin', step.bin)));
  const args = [...dieWithParentFlags(), file, ...step.args];
  const end = await runToEnd(pinnedNode, args, { cwd: root, ownGroup: true });
  results.push({ name: step.name, ok: end.code === 0, seconds: (Date.now() - startedAt) / 1000 });
  if (end.code === 0) continue;
  failure = end;
  break;
}

console.log('');
for (const { name, ok, seconds } of results) {
  console.log(
    `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s`,
  );
}
const notRun = steps.slice(results.length).map((step) => step.name);
if (notRun.length > 0) console.log(`not run: ${notRun.join(', ')}`);
if (failure !== null) await endAs(failure);
