import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { licensesOf, problemsOf } from '../../scripts/supply-chain.mjs';

const ROOT = join(import.meta.dirname, '../..');
type Lock = Parameters<typeof problemsOf>[0];
type Manifest = Parameters<typeof problemsOf>[1];
const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const lock = read('package-lock.json') as Lock;
const manifest = read('package.json') as Manifest;

const good = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' };
const found = (entry: object): string[] =>
  problemsOf({ packages: { 'node_modules/x': { ...good, ...entry } } }, { allowScripts: {} });

describe('package-lock.json', () => {
  it('brings in nothing unknown', () => {
    expect(problemsOf(lock, manifest)).toEqual([]);
  });

  it.each([
    [{ integrity: 'sha1-x' }, 'no sha512 checksum'],
    [{ resolved: 'git+https://example.com/x.git' }, 'from git+https'],
    [{ license: 'GPL-3.0' }, 'licence GPL-3.0'],
    [{ license: undefined }, 'licence unknown'],
    [{ hasInstallScript: true }, 'install script'],
    [{ link: true }, 'a link'],
  ])('a package with %j would be noticed', (entry, words) => {
    expect(found({})).toEqual([]);
    expect(found(entry).join()).toContain(words);
  });

  it('a dependency that is not pinned, or not what is locked, would be noticed', () => {
    const of = (version: string): string[] =>
      problemsOf({ packages: { 'node_modules/x': good } }, { dependencies: { x: version } });
    expect(of('1.0.0')).toEqual([]);
    expect(of('^1.0.0').join()).toContain('not pinned');
    expect(of('1.0.1').join()).toContain('disagree');
  });
});

it('there are commands for the bill of materials and the list of licences, and CI checks', () => {
  expect(manifest.scripts?.['sbom']).toContain('npm sbom');
  expect(manifest.scripts?.['licenses']).toContain('--licenses');
  expect(readFileSync(join(ROOT, 'scripts/check.mjs'), 'utf8')).toContain('supply-chain.mjs');
  const total = Object.values(licensesOf(lock)).flat().length;
  expect(total).toBe(Object.keys(lock.packages).length - 1);
});
