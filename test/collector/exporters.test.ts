import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import * as sdk from '@opentelemetry/sdk-trace';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TW } from '../../model/attributes.ts';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

/** Sends spans as a service would, through the SDK's own exporter; gives them as they are traced. */
async function send(
  exporter: SpanExporter,
  service: string,
  calls: Attributes[],
): Promise<SpanContext[]> {
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'deployment.environment.name': 'production',
    }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('test');
  const sent: SpanContext[] = [];
  for (const attributes of calls) {
    const span = tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes });
    tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }).end();
    span.setStatus({ code: SpanStatusCode.OK });
    span.end();
    sent.push(span.spanContext());
  }
  await provider.forceFlush();
  await provider.shutdown();
  return sent;
}

const INSTRUMENTED: Attributes = {
  [TW.tokenHash]: hashToken(PEPPER, 'a token'),
  [TW.tokenId]: 'tok-1',
  [TW.tokenEnvironment]: 'staging',
  [TW.tokenIssuedAt]: 1_700_000_000,
  [TW.tokenExpiresAt]: 1_900_000_000,
  [TW.tokenScopes]: ['accounts:read', 'payments:write'],
  [TW.tokenCertificateSha256]: '0A'.repeat(32),
  [TW.objectOwnerHash]: pseudonym(PEPPER, 'subject', 'user 7'),
  [TW.clientId]: 'acme',
  [TW.subjectHash]: pseudonym(PEPPER, 'subject', 'user 7'),
  [TW.scope]: 'accounts:read',
  [TW.authResult]: 'accepted',
  [TW.authMethods]: ['pwd', 'otp'],
  [TW.objectType]: 'account',
  [TW.objectHash]: pseudonym(PEPPER, 'object', '4711'),
  [TW.requestFields]: ['amount', 'currency'],
  [TW.amount]: 12.5,
  [TW.currency]: 'EUR',
  'http.request.method': 'GET',
  'http.response.status_code': 200,
  'http.route': '/accounts/:id',
  'client.address': '81.2.69.142',
  'user_agent.original': 'acme-sdk/1.2',
  'tls.protocol.version': '1.3',
};

const exporters: [string, () => SpanExporter][] = [
  ['protobuf', () => new ProtoExporter({ url: `${collector.http}/v1/traces` })],
  [
    'protobuf-gzip',
    () =>
      new ProtoExporter({
        url: `${collector.http}/v1/traces`,
        compression: CompressionAlgorithm.GZIP,
      }),
  ],
  ['grpc', () => new GrpcExporter({ url: collector.grpc })],
  ['json', () => new JsonExporter({ url: `${collector.http}/v1/traces` })],
];

describe('the OpenTelemetry SDK', () => {
  it.each(exporters)('is understood in %s', async (name, make) => {
    const begun = Date.now();
    const [traced] = await send(make(), `svc-${name}`, [INSTRUMENTED]);
    const [call, ...others] = await collector.calls(`service = 'svc-${name}'`);
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      ...{ token: hashToken(PEPPER, 'a token'), token_id: 'tok-1', client_id: 'acme' },
      ...{ environment: 'production', token_environment: 'staging', scope: 'accounts:read' },
      ...{ issued: 1_700_000_000, expires: 1_900_000_000 },
      ...{ granted_scopes: ['accounts:read', 'payments:write'], auth_methods: ['pwd', 'otp'] },
      ...{ subject: pseudonym(PEPPER, 'subject', 'user 7'), auth_result: 'accepted' },
      ...{ method: 'GET', route: '/accounts/:id', status: 200, user_agent: 'acme-sdk/1.2' },
      ...{ ip: pseudonym(PEPPER, 'ip', '81.2.69.142'), country: 'GB', tls_version: '1.3' },
      ...{ object: pseudonym(PEPPER, 'object', '4711'), object_type: 'account' },
      ...{ owner: pseudonym(PEPPER, 'subject', 'user 7'), bound: '0a'.repeat(32) },
      ...{ request_fields: ['amount', 'currency'], amount: 12.5, currency: 'EUR', source: 'otlp' },
    });
    expect(call).toMatchObject({ trace: traced?.traceId, span: traced?.spanId });
    expect(Math.abs(Number(call?.['at']) - Date.now())).toBeLessThan(20_000);
    // When it came is our own word, not the sender's.
    const [kept] = await collector.store.db.query<{ arrived: number }>(
      `SELECT toUnixTimestamp64Milli(ingested_at) AS arrived FROM tokenwatch.calls
       WHERE service = {service:String}`,
      { service: `svc-${name}` },
    );
    expect(kept?.arrived).toBeGreaterThanOrEqual(begun);
    expect(kept?.arrived).toBeLessThanOrEqual(Date.now());
  });

  it('is understood without any attribute of ours, from its captured headers', async () => {
    const claims = { iat: 1_750_000_000, exp: 1_750_003_600, scope: 'a b', azp: 'web', sub: 'u1' };
    const cnf = { 'x5t#S256': Buffer.alloc(32, 7).toString('base64url') };
    const parts = [{ alg: 'RS256' }, { ...claims, jti: 'j-1', amr: ['pwd'], env: 'LIVE', cnf }];
    const encoded = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const jwt = `${encoded.join('.')}.c2lnbmF0dXJl`;
    await send(new ProtoExporter({ url: `${collector.http}/v1/traces` }), 'svc-stock', [
      {
        'http.method': 'post',
        'http.status_code': 201,
        'http.target': '/v2/users/anna@example.com/cards/4111111111111111?key=1',
        'http.client_ip': '2001:4860:4860:0:0:0:0:8888',
        'http.user_agent': 'curl/8.0',
        'http.request.header.authorization': [`Bearer ${jwt}`],
      },
    ]);
    const [call] = await collector.calls(`service = 'svc-stock'`);
    expect(call).toMatchObject({
      ...{ token: hashToken(PEPPER, jwt), token_id: 'j-1', client_id: 'web' },
      ...{ issued: 1_750_000_000, expires: 1_750_003_600, granted_scopes: ['a', 'b'] },
      ...{
        token_environment: 'production',
        bound: '07'.repeat(32),
        auth_methods: ['pwd'],
        auth_result: 'accepted',
      },
      ...{ subject: pseudonym(PEPPER, 'subject', 'u1'), method: 'POST', status: 201 },
      ...{ route: '/v2/users/:id/cards/:id', user_agent: 'curl/8.0', asn: 15169 },
      ...{ ip: pseudonym(PEPPER, 'ip', '2001:4860:4860::8888'), network_kind: 'hosting' },
    });
  });
});
