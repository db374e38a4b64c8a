import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedConsole } from '../test/support/console-seed.ts';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';

let test: TestConsole;

beforeAll(async () => {
  test = await openTestConsole();
  await seedConsole(test.store.db, { now: Date.now() });
});

afterAll(async () => {
  await test.close();
});

async function asked(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await test.app.inject({ url: `/api/v1${url}`, headers: test.admin });
  return { status: answer.statusCode, body: answer.json() };
}

it.each(["%_';DROP", "' OR 1=1 --", "x\\' OR 1=1 --", '{q:String}', "') OR (1=1"])(
  'what would mean something in SQL is a word that nothing has: %s',
  async (text) => {
    const word = encodeURIComponent(text);
    for (const [list, key] of [
      ...[['incidents', 'q'] as const, ['incidents', 'client'] as const],
      ...[['tokens', 'q'] as const, ['endpoints', 'q'] as const],
    ]) {
      const every = await asked(`/${list}?limit=5`);
      expect(every.body[list], list).not.toEqual([]);
      expect(await asked(`/${list}?${key}=${word}`), list).toMatchObject({
        status: 200,
        body: { [list]: [] },
      });
    }
    expect((await asked(`/clients/${word}`)).status).toBe(404);
  },
);

it.each(['/incidents', '/findings', '/tokens', '/clients', '/audit'])(
  'nobody gets more than 500 at once of %s',
  async (list) => {
    expect((await asked(`${list}?limit=500`)).status).toBe(200);
    expect((await asked(`${list}?limit=501`)).status).toBe(400);
  },
);

it('a body larger than any question is refused', async () => {
  const url = '/api/v1/incidents/transitions';
  const payload = { ids: ['x'.repeat(300_000)] };
  const answer = await test.app.inject({ method: 'POST', url, headers: test.admin, payload });
  expect(answer.statusCode).toBe(413);
});
