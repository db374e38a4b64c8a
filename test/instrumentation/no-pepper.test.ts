import { expect, test } from 'vitest';
import { jwt, startFastifyService } from './service.ts';

test('without a pepper nothing of the credential is sent, and one warning says so', async () => {
  const opaque = 'opaque-token-never-sent';
  const token = jwt({ azp: 'a-client', sub: 'a-user' });
  const said: string[] = [];
  const service = await startFastifyService(
    { pepper: undefined, onProblem: (message) => said.push(message) },
    async (app, tokenwatch) => {
      await app.register(tokenwatch.fastify(() => ({ object: 'an-object-id' })));
      app.get('/accounts', async () => ({}));
    },
  );
  for (const raw of [token, opaque]) {
    await fetch(`${service.base}/accounts`, { headers: { authorization: `Bearer ${raw}` } });
  }
  const spans = await service.receiver.waitFor(2);
  await service.stop();
  expect(said).toEqual(['tokenwatch: no pepper is set, so nothing about credentials is sent']);
  expect(spans[0]?.attributes).toMatchObject({ 'tokenwatch.auth.result': 'accepted' });
  const keys = spans.flatMap(({ attributes }) => Object.keys(attributes));
  expect(keys.filter((key) => /hash|token\.|client\.id|header/.test(key))).toEqual([]);
  const wire = Buffer.concat(service.receiver.bytes).toString('latin1');
  for (const value of [opaque, token, 'an-object-id']) expect(wire).not.toContain(value);
});
