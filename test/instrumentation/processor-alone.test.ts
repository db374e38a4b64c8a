import { expect, test } from 'vitest';
import { hashToken } from '../../model/hash.ts';
import { jwt, PEPPER, startFastifyService } from './service.ts';

test('the span processor alone reads captured headers, hashes them and takes them out', async () => {
  const token = jwt({ azp: 'a-client', env: 'stage' });
  const service = await startFastifyService({}, async (app) => {
    app.get('/plain', async () => ({}));
  });
  await fetch(`${service.base}/plain`, { headers: { authorization: `Bearer ${token}` } });
  const [span] = await service.receiver.waitFor(1);
  await service.stop();
  expect(span?.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, token),
    'tokenwatch.client.id': 'a-client',
    'tokenwatch.token.environment': 'staging',
  });
  expect(Buffer.concat(service.receiver.bytes).includes(token)).toBe(false);
});
