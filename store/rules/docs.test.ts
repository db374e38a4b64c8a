import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FUNCTIONS } from './condition/functions.ts';
import { FEATURES } from './features.ts';
import { rulesUserSql } from './user.ts';

const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'rules.md'), 'utf8');
/** Tables and statements without the spaces that formatting sets. */
const plain = (text: string): string => text.replace(/[\s]+/g, ' ');

it('the guide documents every feature as it is', () => {
  const missing = FEATURES.filter(
    ({ name, type, about }) =>
      !plain(guide).includes(`| \`${name}\` | ${type} | ${plain(about)} |`),
  );
  expect(missing.map(({ name }) => name)).toEqual([]);
});

it('the guide lists every function that is allowed', () => {
  const missing = Object.keys(FUNCTIONS).filter((name) => !guide.includes(`| \`${name}(`));
  expect(missing).toEqual([]);
});

it('the guide has the statements that make the user of rules', () => {
  for (const statement of rulesUserSql('tokenwatch', 'tokenwatch_rules')) {
    expect(plain(guide)).toContain(plain(statement).replace('USER IF NOT EXISTS', 'USER'));
  }
});
