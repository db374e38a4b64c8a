import type { NodeSDK } from '@opentelemetry/sdk-node';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Tokenwatch } from '../../instrumentation/index.ts';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver } from './otlp-receiver.ts';
import { PEPPER, startTelemetry } from './service.ts';

let receiver: OtlpReceiver;
let sdk: NodeSDK;
let tokenwatch: Tokenwatch;
const servers: Server[] = [];

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  ({ sdk, tokenwatch } = startTelemetry(receiver.url, { http: null }));
});

afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections();
  await sdk.shutdown();
  await receiver.stop();
});

beforeEach(() => {
  receiver.spans.length = 0;
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('Koa: route, object and caller behind a trusted proxy', async () => {
  const { default: Koa } = await import('koa');
  const { default: Router } = await import('@koa/router');
  const app = new Koa({ proxy: true });
  const router = new Router({ prefix: '/loans' });
  router.get('/:id', (context) => {
    const object = context['params'] as { id: string };
    tokenwatch.describe(context, { scope: 'loans:read', objectType: 'loan', object: object.id });
    context.body = { ok: true };
  });
  app.use(tokenwatch.koa()).use(router.routes());
  const base = await listening(createServer(app.callback() as never));
  const headers = {
    authorization: 'Bearer opaque-koa-token',
    'x-forwarded-for': '193.99.144.80',
    'x-forwarded-proto': 'https',
  };
  expect((await fetch(`${base}/loans/l-5`, { headers })).status).toBe(200);
  const [span] = await receiver.waitFor(1);
  expect(span?.attributes).toMatchObject({
    'http.request.method': 'GET',
    'http.route': '/loans/:id',
    'http.response.status_code': 200,
    'url.scheme': 'https',
    'client.address': '193.99.144.80',
    'tokenwatch.token.hash': hashToken(PEPPER, 'opaque-koa-token'),
    'tokenwatch.auth.result': 'accepted',
    'tokenwatch.scope': 'loans:read',
    'tokenwatch.object.hash': pseudonym(PEPPER, 'object', 'l-5'),
  });
});

test('plain http: the listener is wrapped, the service names the route', async () => {
  const listener = tokenwatch.http(
    (_request, response) => response.writeHead(204).end(),
    () => ({ route: '/rates/:currency', scope: 'rates:read' }),
  );
  const base = await listening(createServer(listener));
  expect(
    (await fetch(`${base}/rates/EUR`, { headers: { 'x-api-key': 'plain-key-1' } })).status,
  ).toBe(204);
  const [span] = await receiver.waitFor(1);
  expect(span?.attributes).toMatchObject({
    'http.route': '/rates/:currency',
    'url.path': '/rates/EUR',
    'url.scheme': 'http',
    'tokenwatch.token.hash': hashToken(PEPPER, 'plain-key-1'),
    'tokenwatch.auth.result': 'accepted',
  });
});

test("behind a proxy nobody named, the peer is the caller and the proxies' headers go along", async () => {
  const headers = {
    ...{ 'x-forwarded-for': '6.6.6.6, 193.99.144.80', 'x-forwarded-proto': 'https' },
    ...{ forwarded: 'for=193.99.144.80;proto=https' },
  };
  const { default: Koa } = await import('koa');
  const { default: express } = await import('express');
  const { fastify } = await import('fastify');
  const koa = new Koa().use(tokenwatch.koa());
  const withFastify = fastify();
  await withFastify.register(tokenwatch.fastify());
  await withFastify.ready();
  const listeners = [
    tokenwatch.http((_request, response) => response.end()),
    koa.callback() as never,
    express().use(tokenwatch.express()) as never,
    ((request: never, response: never) => withFastify.routing(request, response)) as never,
  ];
  for (const listener of listeners)
    await fetch(await listening(createServer(listener)), { headers });
  const spans = await receiver.waitFor(listeners.length);
  for (const { attributes } of spans) {
    expect(attributes).toMatchObject({
      'client.address': '127.0.0.1',
      'http.request.header.x-forwarded-for': ['6.6.6.6, 193.99.144.80'],
      'http.request.header.x-forwarded-proto': ['https'],
      'http.request.header.forwarded': ['for=193.99.144.80;proto=https'],
    });
  }
});

test('a framework that was told of its proxies has the last word: no header goes along', async () => {
  const { default: express } = await import('express');
  // The caller came around the proxy that is trusted, and wrote the header himself.
  const app = express().set('trust proxy', '10.0.0.1').use(tokenwatch.express());
  const base = await listening(createServer(app as never));
  await fetch(base, { headers: { 'x-forwarded-for': '6.6.6.6' } });
  const [span] = await receiver.waitFor(1);
  expect(span?.attributes['client.address']).toBe('127.0.0.1');
  expect(JSON.stringify(span?.attributes)).not.toMatch(/6\.6\.6\.6|forwarded/);
});

test('a caller who hangs up is reported, its decision left open', async () => {
  const base = await listening(createServer(tokenwatch.http(() => undefined)));
  const aborted = new AbortController();
  const pending = fetch(base, { headers: { 'x-api-key': 'k-87654321' }, signal: aborted.signal });
  setTimeout(() => aborted.abort(), 50);
  await expect(pending).rejects.toThrow();
  const [span] = await receiver.waitFor(1);
  expect(span?.attributes['tokenwatch.token.hash']).toBe(hashToken(PEPPER, 'k-87654321'));
  expect(span?.attributes).not.toHaveProperty(['tokenwatch.auth.result']);
  expect(span?.attributes).not.toHaveProperty(['http.response.status_code']);
});
