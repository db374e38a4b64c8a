import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

interface Threat {
  id: string;
  kind: string;
  control: string;
  tests: string[];
}

function threatsOf(section: string): Threat[] {
  return [...section.matchAll(/^\| (T-\d\d) +\| (\w) +\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm)].map(
    ([, id = '', kind = '', , control = '', tests = '']) => ({
      ...{ id, kind, control },
      tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
    }),
  );
}

const boundaries = text
  .split(/^### /m)
  .slice(1)
  .map((section) => [section.split('\n')[0] ?? '', threatsOf(section)] as const);

describe('SECURITY.md', () => {
  it.each(boundaries)('%s: every letter of STRIDE has a threat', (_title, threats) => {
    expect([...new Set(threats.map(({ kind }) => kind))].sort()).toEqual([
      'D',
      'E',
      'I',
      'R',
      'S',
      'T',
    ]);
  });

  it('names for every threat a control and tests that are here', () => {
    const threats = boundaries.flatMap(([, found]) => found);
    expect(threats).toHaveLength([...text.matchAll(/^\| T-/gm)].length);
    expect(new Set(threats.map(({ id }) => id)).size).toBe(threats.length);
    for (const { id, control, tests } of threats) {
      expect(control.length, id).toBeGreaterThan(15);
      expect(tests.length, id).toBeGreaterThan(0);
      for (const file of tests) {
        expect(file, id).toMatch(/\.test\.ts$/);
        expect(existsSync(join(ROOT, file)), `${id}: ${file}`).toBe(true);
      }
    }
  });
});
