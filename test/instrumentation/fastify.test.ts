import type { NodeSDK } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts';
import { jwt, PEPPER, startTelemetry } from './service.ts';

let receiver: OtlpReceiver;
let sdk: NodeSDK;
let base: string;
let close: () => Promise<void>;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const started = startTelemetry(receiver.url);
  sdk = started.sdk;
  const { fastify } = await import('fastify');
  const app = fastify({ trustProxy: 'loopback' });
  await app.register(
    started.tokenwatch.fastify((request) => ({
      objectType: request.routeOptions.url?.split('/')[1],
    })),
  );
  app.get<{ Params: { id: string } }>('/accounts/:id', async (request) => {
    started.tokenwatch.describe(request, {
      scope: 'accounts:read',
      object: request.params.id,
      objectOwner: 'anna@example.org',
    });
    return { ok: true };
  });
  app.post<{ Body: { amount: number } }>('/payments', async (request) => {
    started.tokenwatch.describe(request, { amount: request.body.amount, currency: 'EUR' });
    return { ok: true };
  });
  app.get('/denied', async (_request, reply) => reply.code(401).send({}));
  base = await app.listen({ port: 0, host: '127.0.0.1' });
  close = () => app.close();
});

afterAll(async () => {
  await close();
  await sdk.shutdown();
  await receiver.stop();
});

beforeEach(() => {
  receiver.spans.length = 0;
});

async function serverSpan(path: string, init: RequestInit = {}): Promise<ReceivedSpan> {
  await (await fetch(base + path, init)).arrayBuffer();
  const spans = await receiver.waitFor(1);
  const span = spans.find(({ kind }) => kind === 2);
  if (span === undefined) throw new Error('no server span');
  return span;
}

test('a JWT call: hash, claims, details, the caller behind a trusted proxy', async () => {
  const token = jwt({
    jti: 'k1',
    azp: 'ledger',
    sub: 'u1',
    env: 'prod',
    scope: 'a b',
    iat: 1_700_000_000,
    exp: 1_900_000_000,
    amr: ['pwd'],
  });
  const span = await serverSpan('/accounts/DE89370400440532013000?access_token=abc&x=1', {
    headers: {
      authorization: `Bearer ${token}`,
      'x-forwarded-for': '6.6.6.6, 193.99.144.80',
      'x-forwarded-proto': 'https',
    },
  });
  expect(span.name).toBe('GET /accounts/:id');
  expect(span.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, token),
    'tokenwatch.token.id': 'k1',
    'tokenwatch.client.id': 'ledger',
    'tokenwatch.subject.hash': pseudonym(PEPPER, 'subject', 'u1'),
    'tokenwatch.token.environment': 'production',
    'tokenwatch.token.scopes': ['a', 'b'],
    'tokenwatch.token.issued_at': 1_700_000_000,
    'tokenwatch.token.expires_at': 1_900_000_000,
    'tokenwatch.auth.methods': ['pwd'],
    'tokenwatch.auth.result': 'accepted',
    'tokenwatch.scope': 'accounts:read',
    'tokenwatch.object.type': 'accounts',
    'tokenwatch.object.hash': pseudonym(PEPPER, 'object', 'DE89370400440532013000'),
    'tokenwatch.object.owner_hash': pseudonym(PEPPER, 'subject', 'anna@example.org'),
    'http.route': '/accounts/:id',
    'http.response.status_code': 200,
    'url.scheme': 'https',
    'url.query': 'access_token=[redacted]&x=1',
  });
  expect(span.attributes).not.toHaveProperty(['http.request.header.authorization']);
  // The leftmost entry is whatever the caller wrote; the framework knows the proxy it trusts.
  expect(span.attributes['client.address']).toBe('193.99.144.80');
});

test('an API key, a nonce, an amount and the names of the body', async () => {
  const span = await serverSpan('/payments', {
    method: 'POST',
    headers: {
      'x-api-key': 'sk_live_0123456789',
      'idempotency-key': 'n-1',
      'x-timestamp': '2026-11-23T08:00:00Z',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      amount: 12.5,
      creditor: { iban: 'DE89370400440532013000' },
      'a@b.de': 1,
    }),
  });
  expect(span.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, 'sk_live_0123456789'),
    'tokenwatch.nonce.hash': pseudonym(PEPPER, 'nonce', 'n-1'),
    'tokenwatch.request.timestamp': 1_795_420_800,
    'tokenwatch.amount': 12.5,
    'tokenwatch.currency': 'EUR',
    'tokenwatch.request.fields': ['amount', 'creditor', 'creditor.iban'],
  });
});

test('HTTP Basic names the client', async () => {
  const credential = Buffer.from('batch-runner:pw').toString('base64');
  const span = await serverSpan('/accounts/1', {
    headers: { authorization: `Basic ${credential}` },
  });
  expect(span.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, credential),
    'tokenwatch.client.id': 'batch-runner',
  });
});

test('a rejected token is known by its hash; what it claims is not passed on', async () => {
  const token = jwt({ azp: 'victim' });
  const span = await serverSpan('/denied', { headers: { authorization: `Bearer ${token}` } });
  expect(span.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, token),
    'tokenwatch.auth.result': 'rejected',
  });
  expect(span.attributes).not.toHaveProperty('tokenwatch.client.id');
});

test('no credential, and an unknown route', async () => {
  const span = await serverSpan('/nowhere/4111111111111111');
  expect(span.attributes['tokenwatch.auth.result']).toBe('none');
  expect(span.attributes).not.toHaveProperty('http.route');
  expect(span.attributes['url.path']).toBe('/nowhere/[card]');
});

test("a caller's unsampled traceparent does not hide the call", async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  const span = await serverSpan('/accounts/1', {
    headers: { traceparent, 'x-api-key': 'hidden-key-1234' },
  });
  expect(span.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, 'hidden-key-1234'),
    'http.request.method': 'GET',
    'http.route': '/accounts/:id',
    'http.response.status_code': 200,
    'url.path': '/accounts/1',
  });
});
