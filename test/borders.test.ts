import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The real configuration over a tree of empty rooms: the borders hold whatever the files are called.
const files = [
  ...['model/a.ts', 'config/a.ts', 'store/a.ts', 'store/tables.ts', 'instrumentation/a.ts'],
  ...['collector/a.ts', 'detector/a.ts', 'alerting/a.ts', 'console/a.ts', 'console/web/a.tsx'],
  ...['alerting/notifiers/mail/a.ts', 'alerting/notifiers/slack/a.ts', 'dashboards/a.ts'],
  ...['demo/a.ts', 'cli/a.ts', 'test/a.ts'],
];

const tree = mkdtempSync(join(tmpdir(), 'tokenwatch-borders-'));
let eslint: ESLint;

beforeAll(() => {
  for (const file of files) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), 'export const x = 1;\n');
  }
  eslint = new ESLint({
    cwd: tree,
    overrideConfigFile: join(import.meta.dirname, '..', 'eslint.config.js'),
    // Borders need no types; the other rules would.
    ruleFilter: ({ ruleId }) => /^boundaries\/|^no-restricted-/.test(ruleId),
    overrideConfig: [
      {
        languageOptions: { parserOptions: { projectService: false } },
        settings: { 'boundaries/root-path': tree },
      },
    ],
  });
});

afterAll(() => {
  rmSync(tree, { recursive: true });
});

async function rulesBrokenBy(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(tree, file) });
  return (result?.messages ?? []).map((m) => m.ruleId ?? m.message);
}

const crossings = [
  ['model/z.ts', '../config/a.ts'],
  ['model/z.ts', '../store/a.ts'],
  ['config/z.ts', '../model/a.ts'],
  ['store/z.ts', '../detector/a.ts'],
  ['instrumentation/z.ts', '../config/a.ts'],
  ['collector/z.ts', '../detector/a.ts'],
  ['detector/z.ts', '../alerting/a.ts'],
  ['alerting/z.ts', '../console/a.ts'],
  ['console/z.ts', '../collector/a.ts'],
  ['console/z.ts', './web/a.tsx'],
  ['console/web/z.tsx', '../a.ts'],
  ['dashboards/z.ts', '../store/a.ts'],
  ['demo/z.ts', '../collector/a.ts'],
  ['cli/z.ts', '../test/a.ts'],
  ['alerting/notifiers/mail/z.ts', '../slack/a.ts'],
] as const;

const passages = [
  ['store/z.ts', '../config/a.ts'],
  ['instrumentation/z.ts', '../model/a.ts'],
  ['collector/z.ts', '../store/a.ts'],
  ['detector/deep/z.ts', '../a.ts'],
  ['alerting/z.ts', './notifiers/mail/a.ts'],
  ['alerting/notifiers/mail/z.ts', '../../a.ts'],
  ['alerting/notifiers/mail/z.ts', '../../../model/a.ts'],
  ['dashboards/z.ts', '../store/tables.ts'],
  ['demo/z.ts', '../instrumentation/a.ts'],
  ['cli/z.ts', '../console/a.ts'],
  ['test/z.ts', '../alerting/notifiers/mail/a.ts'],
  ['collector/z.test.ts', '../detector/a.ts'],
] as const;

describe('borders between rooms', () => {
  it.each(crossings)('%s may not import %s', async (file, target) => {
    const code = `import { x } from '${target}';\nexport const y = x;\n`;
    expect(await rulesBrokenBy(file, code)).toEqual(['boundaries/dependencies']);
  });

  it.each(passages)('%s may import %s', async (file, target) => {
    const code = `import { x } from '${target}';\nexport const y = x;\n`;
    expect(await rulesBrokenBy(file, code)).toEqual([]);
  });

  it.each([
    `import type { x } from '../detector/a.ts';\n`,
    `export { x } from '../detector/a.ts';\n`,
    `export type Y = import('../detector/a.ts').X;\n`,
    `export const y = import('../detector/a.ts');\n`,
  ])('a stage is reached by no other form of import: %s', async (code) => {
    expect(await rulesBrokenBy('collector/z.ts', code)).toEqual(['boundaries/dependencies']);
  });
});

describe('what only some rooms may touch', () => {
  it.each([
    ['collector/z.ts', 'export const y = process.env.HOME;', 'no-restricted-properties'],
    ['cli/z.ts', `import { env } from 'node:process';`, 'no-restricted-imports'],
    ['model/z.ts', 'export const y = Date.now();', 'no-restricted-properties'],
    ['detector/detections/z.ts', 'export const y = new Date();', 'no-restricted-syntax'],
    ['console/web/z.tsx', `import 'node:fs';`, 'no-restricted-imports'],
  ])('%s: %s', async (file, code, rule) => {
    expect(await rulesBrokenBy(file, code)).toEqual([rule]);
  });

  it.each([
    ['config/z.ts', 'export const y = process.env.HOME;'],
    ['demo/z.ts', 'export const y = process.env.HOME;'],
    ['detector/z.ts', 'export const y = Date.now();'],
    ['model/z.ts', 'export const y = new Date(0);'],
  ])('%s may: %s', async (file, code) => {
    expect(await rulesBrokenBy(file, code)).toEqual([]);
  });
});
