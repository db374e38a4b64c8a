import { readFileSync, readdirSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { recordingSchema } from './recording.ts';
import type { RecordedRequest } from './recording.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';
const FIXTURES = new URL('./fixtures/', import.meta.url);
const NO_TOKEN = '0'.repeat(64);

/** What fixtures/requests.sh presents. */
const OPAQUE = 'recorded-opaque-token-4711';
const REVOKED = 'recorded-revoked-token-4712';
const CLAIMS =
  '{"iss":"https://idp.example","sub":"user-7","client_id":"northwind-erp",' +
  '"scope":"payments:write","jti":"rec-1","iat":1790000000,"exp":1890000000}';
const JWT = [
  ...['{"alg":"RS256"}', CLAIMS].map((part) => Buffer.from(part).toString('base64url')),
  'c2lnbmF0dXJl',
].join('.');
/** In none of its encodings may any of these lie in a row. */
const RAW = [OPAQUE, REVOKED, JWT, JWT.split('.')[1] ?? '', '81.2.69.142', '4711', '4712'];

const CALLER = {
  ip: pseudonym(PEPPER, 'ip', '81.2.69.142'),
  ...{ country: 'GB', user_agent: 'northwind-erp/2.1' },
};
const BEARER = {
  account: { token: hashToken(PEPPER, OPAQUE), auth_result: 'accepted' },
  revoked: { token: hashToken(PEPPER, REVOKED), auth_result: 'rejected' },
  payment: {
    ...{ token: hashToken(PEPPER, JWT), token_id: 'rec-1', client_id: 'northwind-erp' },
    ...{ issued: 1_790_000_000, expires: 1_890_000_000, granted_scopes: ['payments:write'] },
    ...{ subject: pseudonym(PEPPER, 'subject', 'user-7'), auth_result: 'accepted' },
  },
};
const NONCE = { nonce: pseudonym(PEPPER, 'nonce', '6f1c') };
/** What docs/instrument.md makes a service say itself; the two other requests say nothing. */
const OWN = {
  account: {
    ...{ token: hashToken(PEPPER, OPAQUE), client_id: 'northwind-erp', auth_result: 'accepted' },
    ...{ token_environment: 'production', scope: 'accounts:read', object_type: 'account' },
    ...{ granted_scopes: ['accounts:read'], object: pseudonym(PEPPER, 'object', '4711') },
  },
  revoked: { token: NO_TOKEN, auth_result: 'unknown' },
  payment: { token: NO_TOKEN, auth_result: 'unknown' },
};
const SPAN = { source: 'otlp', environment: 'production' };
const LOG = { ...SPAN, source: 'log' };

interface Expectation {
  service: string;
  /** As the framework writes it, or as made of the path where it says none. */
  account: string;
  /** Where only the handler that accepts says its route. */
  revokedRoute?: string;
  said: typeof BEARER | typeof OWN;
  /** Of all calls, and of the payment. */
  all: object;
  payment?: object;
}

const EXPECTED: Record<string, Expectation> = {
  'python-flask-http': {
    ...{ service: 'accounts-flask', account: '/accounts/<account>', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'python-fastapi-grpc': {
    ...{ service: 'accounts-fastapi', account: '/accounts/{account}', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'python-flask-grpc': {
    ...{ service: 'accounts-flask-both', account: '/accounts/<account>', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'js-fastify-http': {
    ...{ service: 'accounts-fastify', account: '/accounts/:account', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'js-fastify-older-http': {
    ...{ service: 'accounts-fastify-older', account: '/accounts/:account', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'js-express-grpc': {
    ...{ service: 'accounts-express', account: '/accounts/:account', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'js-express-older-http': {
    ...{ service: 'accounts-express-older', account: '/accounts/:account', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'go-older-http': {
    ...{ service: 'accounts-go-older', account: '/accounts/:id', said: BEARER, all: SPAN },
  },
  'java-spring-older-http': {
    ...{ service: 'accounts-spring-older', account: '/accounts/{account}', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  // Its tracer writes every tag as text, and knows no route.
  'envoy-traces-grpc': {
    ...{ service: 'edge-envoy-traces', account: '/accounts/:id', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'go-http': { service: 'accounts-go', account: '/accounts/:id', said: BEARER, all: SPAN },
  'go-grpc': {
    ...{ service: 'accounts-go-own', account: '/accounts/{account}', said: OWN, all: SPAN },
    revokedRoute: '/accounts/:id',
  },
  'java-spring-http': {
    ...{ service: 'accounts-spring', account: '/accounts/{account}', said: BEARER },
    ...{ all: SPAN, payment: NONCE },
  },
  'java-spring-grpc': {
    ...{ service: 'accounts-spring-own', account: '/accounts/{account}', said: OWN, all: SPAN },
  },
  'otelcol-traces-http': {
    ...{ service: 'accounts-otelcol-http', account: '/accounts/:id', said: BEARER, all: SPAN },
  },
  'otelcol-traces-grpc': {
    ...{ service: 'accounts-otelcol-grpc', account: '/accounts/:id', said: BEARER, all: SPAN },
  },
  'otelcol-nginx-http': {
    ...{ service: 'edge-nginx', account: '/accounts/:id', said: BEARER, all: LOG },
  },
  'otelcol-envoy-grpc': {
    ...{ service: 'edge-envoy', account: '/accounts/:id', said: BEARER, all: LOG },
    // Left open here: whether a record's authority goes before the resource's service.name.
  },
};

function recordingOf(name: string) {
  const text = readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8');
  return recordingSchema.parse(JSON.parse(text));
}

let collector: TestCollector;
let grpc: Client;
beforeAll(async () => {
  collector = await startTestCollector({ TOKENWATCH_COLLECTOR_TRUSTED_HOPS: '1' });
  grpc = new Client(new URL(collector.grpc).host, credentials.createInsecure());
});
afterAll(async () => {
  grpc.close();
  await collector.close();
});

async function replayHttp({ method, path, headers, body }: RecordedRequest): Promise<void> {
  const response = await fetch(`${collector.http}${path}`, {
    ...{ method, headers },
    body: new Uint8Array(Buffer.from(body, 'base64')),
  });
  expect(response.status).toBe(200);
  // No partial success: every span was kept.
  expect(['', '{}']).toContain(await response.text());
}

async function replayGrpc({ path, body }: RecordedRequest): Promise<void> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const answer = await new Promise((resolve, reject) => {
    grpc.makeUnaryRequest(path, asIs, asIs, Buffer.from(body, 'base64'), (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
  expect(answer).toEqual(Buffer.alloc(0));
}

describe('a recorded client', () => {
  it.each(Object.entries(EXPECTED))('is understood: %s', async (name, expected) => {
    for (const request of recordingOf(name).requests) {
      await (request.transport === 'http' ? replayHttp(request) : replayGrpc(request));
    }
    const { service } = expected;
    const calls = await collector.calls(`service = '${service}'`);
    const shared = { ...CALLER, ...expected.all };
    const account = { ...shared, method: 'GET', route: expected.account };
    const { said } = expected;
    expect(calls).toEqual([
      expect.objectContaining({ ...account, status: 200, ...said.account }),
      expect.objectContaining({
        ...{ ...account, route: expected.revokedRoute ?? expected.account, status: 401 },
        ...said.revoked,
      }),
      expect.objectContaining({
        ...{ ...shared, method: 'POST', route: '/payments', status: 201 },
        ...{ ...said.payment, ...expected.payment },
      }),
    ]);
    // A hash may hold any four digits.
    const rows = JSON.stringify(calls).replaceAll(/"[0-9a-f]{16,64}"/g, '');
    for (const raw of RAW) expect(rows).not.toContain(raw);
  });

  it('is expected, one and all', () => {
    const names = readdirSync(FIXTURES).flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? []);
    expect(names.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });
});
