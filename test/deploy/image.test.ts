import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './compose-file.ts';
import { copiesOf, readStages } from './image.ts';

const stages = readStages();
const [build, final] = stages;
const words = (keyword: string, stage = final): string[] =>
  (stage?.instructions ?? [])
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => instruction.getArgumentsContent() ?? '');

describe('Dockerfile', () => {
  it('builds in one stage and runs in another, on the pinned Node', () => {
    expect(stages.map(({ from }) => from)).toEqual([
      expect.stringMatching(/^node:\d+-bookworm-slim AS build$/),
      expect.stringMatching(/^node:\d+-bookworm-slim$/),
    ]);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const major = dependencies['node']?.split('.')[0] ?? 'none';
    for (const { from } of stages) expect(from).toMatch(new RegExp(`^node:${major}-`));
  });

  it('copies only what is there, and installs no package that it does not run', () => {
    for (const stage of stages) {
      for (const copy of copiesOf(stage)) {
        if (copy.stage !== null) expect(copy.stage).toBe('build');
        else for (const source of copy.sources) expect(existsSync(join(ROOT, source))).toBe(true);
      }
    }
    const [install] = words('RUN', build);
    // Not even the scripts of packages run; the embedded engine is optional.
    for (const flag of ['--omit=dev', '--omit=optional', '--ignore-scripts'])
      expect(install).toContain(flag);
    const copied = copiesOf(final ?? { from: '', instructions: [] }).flatMap((one) => one.sources);
    expect(copied.some((source) => /^(demo|test|scripts|data|\.)/.test(source))).toBe(false);
  });

  it('runs as nobody special, and says so in no secret', () => {
    expect(words('USER')).toEqual(['node']);
    expect(words('ENTRYPOINT')[0]).toContain('cli/main.ts');
    const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    expect(text).not.toMatch(/^ARG|PASSWORD|SECRET|TOKEN(?!WATCH)/m);
    expect(words('ENV')).toEqual(['NODE_ENV=production']);
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    for (const name of ['.env', '/data', '/tokenwatch.yaml']) expect(ignored).toContain(name);
  });
});
