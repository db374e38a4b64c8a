import { SpanStatusCode, trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { jwt, startFastifyService } from './service.ts';

const OPAQUE = 'opaque-Zk81vQ77-planted-token';
const JWT = jwt({ azp: 'anna.berg@example.org', sub: 'user-planted-4711', env: 'prod' });
const CARD = '4111 1111 1111 1111';
const CARD_PLAIN = '5500005555555559';
const MAIL = 'planted.person@example.com';
const IBAN = 'DE89370400440532013000';
const SESSION = 'session-cookie-planted';
const PLANTED = [
  ...[OPAQUE, JWT, JWT.split('.')[1] ?? '', CARD, CARD_PLAIN, MAIL, encodeURIComponent(MAIL)],
  ...[IBAN, SESSION, 'anna.berg', 'user-planted-4711', 'planted-password'],
];

async function plantEverywhere(base: string, token: string): Promise<void> {
  const path = `/accounts/x/${encodeURIComponent(MAIL)}`;
  const query = new URLSearchParams({ access_token: token, to: MAIL, card: CARD_PLAIN, q: token });
  const body = { [MAIL]: 1, card: CARD, deep: { [CARD_PLAIN]: 2 }, password: 'planted-password' };
  await fetch(`${base}${path}?${query.toString()}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'x-api-key': OPAQUE,
      cookie: `sid=${SESSION}`,
      'x-note': `${CARD} of ${MAIL}`,
      'user-agent': `agent (${MAIL})`,
      'content-type': 'application/json',
      'idempotency-key': `key of ${MAIL}`,
    },
    body: JSON.stringify(body),
  });
}

/** What careless code of a service puts into spans of its own. */
function spillIntoSpan(token: string): void {
  const inner = trace.getTracer('careless').startSpan(`look up ${token} ${MAIL}`);
  inner.setAttributes({ 'db.statement': `SELECT '${token}', '${CARD}'`, tags: [MAIL, token] });
  inner.recordException(new Error(`bad token ${token} of ${MAIL}`));
  inner.setStatus({ code: SpanStatusCode.ERROR, message: `no ${token}` });
  inner.end();
}

test('nothing planted is in the bytes that leave, whatever instrumentation picked it up', async () => {
  const service = await startFastifyService({}, async (app, tokenwatch) => {
    await app.register(
      tokenwatch.fastify(() => ({
        object: IBAN,
        subject: MAIL,
        clientId: MAIL,
        payload: `${CARD} ${MAIL}`,
        scope: `read:${MAIL}`,
        requestFields: [CARD_PLAIN, 'amount'],
      })),
    );
    app.post('/accounts/x/:mail', (request, reply) => {
      spillIntoSpan(request.headers.authorization?.slice('Bearer '.length) ?? '');
      void reply.header('set-cookie', `sid=${SESSION}`).send({});
    });
  });
  for (const token of [OPAQUE, JWT]) await plantEverywhere(service.base, token);
  await service.receiver.waitFor(4);
  await service.stop();
  const wire = Buffer.concat(service.receiver.bytes).toString('latin1');
  expect(wire).toContain('tokenwatch.token.hash');
  expect(wire).toContain('tokenwatch.client.id');
  expect(wire).toContain('http.request.header.x-note');
  for (const value of PLANTED) expect(wire.includes(value), `the wire holds ${value}`).toBe(false);
});
