import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pseudonym } from '../../model/hash.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';
import type { Value } from './otlp-body.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';

let behindProxy: TestCollector;
let direct: TestCollector;
let twoProxies: TestCollector;
beforeAll(async () => {
  behindProxy = await startTestCollector({ TOKENWATCH_COLLECTOR_TRUSTED_HOPS: '1' });
  direct = await startTestCollector();
  twoProxies = await startTestCollector({ TOKENWATCH_COLLECTOR_TRUSTED_HOPS: '2' });
});
afterAll(async () => {
  await behindProxy.close();
  await direct.close();
  await twoProxies.close();
});

/** The rows that spans with these attributes become. */
async function read(
  collector: TestCollector,
  service: string,
  attributes: Record<string, Value>[],
  resource: Record<string, Value> = {},
): Promise<Record<string, unknown>[]> {
  const now = Date.now();
  const spans = attributes.map((each, at) => ({ attributes: each, time: now + at }));
  const response = await fetch(`${collector.http}/v1/traces`, {
    method: 'POST',
    body: new Uint8Array(otlpBody(spans, { 'service.name': service, ...resource })),
    headers: { 'Content-Type': 'application/x-protobuf' },
  });
  expect(response.status).toBe(200);
  return collector.calls(`service = '${service}'`);
}

const HTTP = { 'url.scheme': 'http' };
const PROTO = 'http.request.header.x-forwarded-proto';

describe('tls_version', () => {
  it('is none where the service saw HTTP and no trusted proxy says that TLS ended before', async () => {
    const calls = await read(behindProxy, 'tls', [
      HTTP,
      { ...HTTP, [PROTO]: ['https'] },
      { ...HTTP, [PROTO]: ['http'] },
      // What stands before the proxy's own entry was written by the client.
      { ...HTTP, [PROTO]: ['https, http'] },
      {
        ...HTTP,
        'http.request.header.forwarded': ['for=6.6.6.6;proto=http, for=1.2.3.4;Proto="HTTPS"'],
      },
      { 'url.scheme': 'https' },
      { ...HTTP, 'tls.protocol.version': 'TLSv1.3' },
    ]);
    expect(calls.map(({ tls_version }) => tls_version)).toEqual([
      ...['none', '', 'none', 'none', '', '', '1.3'],
    ]);
  });

  it('is none whatever a client writes, where no proxy is trusted', async () => {
    const [call] = await read(direct, 'tls', [{ ...HTTP, [PROTO]: ['https'] }]);
    expect(call?.['tls_version']).toBe('none');
  });
});

describe('the address', () => {
  const FORWARDED = 'http.request.header.x-forwarded-for';
  const peer = { 'network.peer.address': '81.2.69.160' };
  const ipOf = (address: string): string => pseudonym(PEPPER, 'ip', address);

  it('is what the trusted proxy saw, whatever the client wrote before it', async () => {
    const calls = await read(behindProxy, 'address', [
      { ...peer, [FORWARDED]: ['6.6.6.6, 81.2.69.142'] },
      { ...peer, [FORWARDED]: ['6.6.6.6', '81.2.69.142'] },
      { ...peer, 'client.address': '6.6.6.6', [FORWARDED]: ['6.6.6.6, 81.2.69.142'] },
      { ...peer, 'http.request.header.forwarded': ['for=6.6.6.6, for=81.2.69.142'] },
    ]);
    expect(calls.map(({ ip }) => ip)).toEqual(calls.map(() => ipOf('81.2.69.142')));
    expect(calls).toHaveLength(4);
  });

  it('is the peer where the header has fewer entries than proxies, or no address there', async () => {
    const named = { ...peer, 'client.address': '6.6.6.6' };
    const calls = await read(twoProxies, 'around', [
      { ...named, [FORWARDED]: ['6.6.6.6'] },
      { ...named, [FORWARDED]: ['6.6.6.6, unknown, 10.0.0.2'] },
      // As instrumentation/ sends it of plain Node behind two proxies.
      {
        ...{ 'client.address': '10.0.0.2', 'tokenwatch.auth.result': 'none' },
        [FORWARDED]: ['6.6.6.6, 81.2.69.142, 10.0.0.3'],
      },
    ]);
    const expected = ['81.2.69.160', '81.2.69.160', '81.2.69.142'];
    expect(calls.map(({ ip }) => ip)).toEqual(expected.map(ipOf));
  });

  it('is the peer where no proxy is trusted, whatever a header says', async () => {
    const [call] = await read(direct, 'address', [{ ...peer, [FORWARDED]: ['6.6.6.6'] }]);
    expect(call?.['ip']).toBe(ipOf('81.2.69.160'));
  });
});

describe('an environment', () => {
  it('has one spelling, so that a token for prod is none for another environment', async () => {
    const attributes = { 'tokenwatch.token.environment': 'Live' };
    const resource = { 'deployment.environment.name': 'PROD' };
    const [call] = await read(direct, 'environment', [attributes], resource);
    expect(call).toMatchObject({ environment: 'production', token_environment: 'production' });
  });
});

describe('paths without a template', () => {
  it('make a bounded number of routes, the rest is one and counted', async () => {
    const word = (at: number): string =>
      String(at).replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '');
    const paths = Array.from({ length: 510 }, (_, at) => ({ 'url.path': `/x/${word(at)}` }));
    const calls = await read(direct, 'many-routes', [...paths, { 'url.path': '/x/a' }]);
    const routes = calls.map(({ route }) => route);
    expect(routes.filter((route) => route === '/{other}').length).toBe(10);
    expect(routes.at(-1)).toBe('/x/a');
    expect(new Set(routes).size).toBe(501);
    expect(await direct.metrics()).toMatch(
      /adjusted_spans_total{reason="route_cap",sender="local"} 10\n/,
    );
  });
});

describe('text that is not UTF-8', () => {
  it('is kept as far as it can be read, and counted by sender', async () => {
    const marker = '~'.repeat(6);
    const body = otlpBody([{ attributes: { 'user_agent.original': `ua ${marker}` } }], {
      'service.name': 'broken-text',
    });
    const at = body.indexOf(marker);
    body.fill(0xff, at, at + marker.length);
    const response = await fetch(`${direct.http}/v1/traces`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'Content-Type': 'application/x-protobuf' },
    });
    expect(response.status).toBe(200);
    const [call] = await direct.calls(`service = 'broken-text'`);
    expect(call?.['user_agent']).toMatch(/^ua \uFFFD+$/);
    expect(await direct.metrics()).toMatch(
      /adjusted_spans_total{reason="invalid_utf8",sender="local"} 1\n/,
    );
  });
});
