import { expect, test } from 'vitest';
import { createTokenwatch } from '../../instrumentation/index.ts';
import { startFastifyService } from './service.ts';

const SECRET = 'opaque-token-in-an-error';

test('a failing callback of the service is said once, the request and its span go on', async () => {
  const said: string[] = [];
  const credential = () => {
    throw new TypeError(`no ${SECRET}`);
  };
  const service = await startFastifyService(
    { onProblem: (message) => said.push(message), credential },
    async (app, tokenwatch) => {
      await app.register(
        tokenwatch.fastify(() => {
          throw new RangeError(`no ${SECRET}`);
        }),
      );
      app.get('/plain', async () => ({ ok: true }));
    },
  );
  const bare = await fetch(`${service.base}/plain`);
  const keyed = await fetch(`${service.base}/plain`, { headers: { 'x-api-key': SECRET } });
  const spans = await service.receiver.waitFor(2);
  await service.stop();
  expect([bare.status, keyed.status]).toEqual([200, 200]);
  expect(spans.map(({ attributes }) => attributes['tokenwatch.auth.result'])).toEqual([
    undefined,
    'accepted',
  ]);
  expect(said.map((line) => /\((\w+)\)/.exec(line)?.[1])).toEqual(['TypeError', 'RangeError']);
  expect(said.join()).not.toContain(SECRET);
});

test('not even the complaint about a short pepper throws', () => {
  const onProblem = () => {
    throw new Error('the logger is broken');
  };
  expect(() => createTokenwatch({ pepper: 'short', onProblem })).not.toThrow();
});
