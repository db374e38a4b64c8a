import type { NodeSDK } from '@opentelemetry/sdk-node';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver } from './otlp-receiver.ts';
import { PEPPER, startTelemetry } from './service.ts';

let receiver: OtlpReceiver;
let sdk: NodeSDK;
let server: Server;
let base: string;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const started = startTelemetry(receiver.url);
  sdk = started.sdk;
  const { default: express } = await import('express');
  const app = express();
  app.set('trust proxy', 'loopback');
  app.use(started.tokenwatch.express(() => ({ scope: 'cards:read' })));
  app.use(express.json());
  const router = express.Router();
  router.post('/:id/block', (request, response) => {
    started.tokenwatch.describe(request, { objectType: 'card', object: request.params.id });
    response.json({ ok: true });
  });
  router.get('/:id/broken', () => {
    throw new Error('the service failed');
  });
  app.use('/cards', router);
  await new Promise<void>((resolve) => {
    server = app.listen(0, '127.0.0.1', () => resolve());
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await sdk.shutdown();
  await receiver.stop();
});

test('the middleware names the mounted route, the object and the fields', async () => {
  const response = await fetch(`${base}/cards/c-17/block`, {
    method: 'POST',
    headers: {
      'x-api-key': 'key-of-the-card-service',
      'content-type': 'application/json',
      'x-forwarded-for': '193.99.144.80',
    },
    body: '{"reason":"lost"}',
  });
  expect(response.status).toBe(200);
  const [span] = await receiver.waitFor(1);
  expect(span?.name).toBe('POST /cards/:id/block');
  expect(span?.attributes).toMatchObject({
    'tokenwatch.token.hash': hashToken(PEPPER, 'key-of-the-card-service'),
    'tokenwatch.auth.result': 'accepted',
    'tokenwatch.scope': 'cards:read',
    'tokenwatch.object.type': 'card',
    'tokenwatch.object.hash': pseudonym(PEPPER, 'object', 'c-17'),
    'tokenwatch.request.fields': ['reason'],
    'client.address': '193.99.144.80',
    'http.route': '/cards/:id/block',
  });
});

test('a failing handler is still reported, its decision left open', async () => {
  receiver.spans.length = 0;
  const response = await fetch(`${base}/cards/c-17/broken`, {
    headers: { 'x-api-key': 'k-12345678' },
  });
  expect(response.status).toBe(500);
  const [span] = await receiver.waitFor(1);
  expect(span?.attributes['http.response.status_code']).toBe(500);
  expect(span?.attributes).not.toHaveProperty(['tokenwatch.auth.result']);
});
