// The rules that come with tokenwatch: their own tests, on the real ClickHouse, as `config check` does.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkRules } from '../../detector/rules/check-rules.ts';
import { testConfig } from '../support/test-store.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tokenwatch-rules-'));
const folder = join(import.meta.dirname, '..', '..', 'rules');

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

it('every packaged rule passes its own tests', async () => {
  const config = testConfig(scratch);
  config.detector.rules = [folder];
  const checked = await checkRules(config, scratch);
  expect(checked.problems).toEqual([]);
  expect(checked.rules).toBe(readdirSync(folder).filter((name) => name.endsWith('.yaml')).length);
  expect(checked.cases).toBeGreaterThanOrEqual(2 * checked.rules);
});
