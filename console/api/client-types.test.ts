import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestConsole } from '../../test/support/test-console.ts';
import type { TestConsole } from '../../test/support/test-console.ts';
import { clientTypes } from './client-types.ts';

const FILE = fileURLToPath(new URL('../web/api-types.ts', import.meta.url));
let test: TestConsole;

beforeAll(async () => {
  test = await openTestConsole();
});

afterAll(async () => {
  await test.close();
});

it('the page is typed by the document that is served', async () => {
  const answer = await test.app.inject({ url: '/api/openapi.json' });
  const style = await resolveConfig(FILE);
  const source = await format(clientTypes(answer.json()), { ...style, parser: 'typescript' });
  await expect(source).toMatchFileSnapshot(FILE);
});
