import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTls } from '../../collector/http/tls.ts';
import { startTestCollector } from '../collector/collector-fixture.ts';
import type { TestCollector } from '../collector/collector-fixture.ts';
import { otlpBody } from '../collector/otlp-body.ts';

const FIXTURES = join(import.meta.dirname, '../instrumentation/fixtures');
const file = (name: string): string => join(FIXTURES, name);
const pem = (name: string): Buffer => readFileSync(file(name));
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const body = otlpBody([{ attributes: { 'http.route': '/a' } }], { 'service.name': 'tls' });

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({
    TOKENWATCH_COLLECTOR_TLS_CERT: file('server.pem'),
    TOKENWATCH_COLLECTOR_TLS_KEY: file('server.key'),
    // A certificate that signed itself is an authority of its own.
    TOKENWATCH_COLLECTOR_TLS_CLIENT_CA: file('client.pem'),
  });
});
afterAll(async () => {
  await collector.close();
});

async function post(options: object): Promise<number | string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(collector.http);
    const headers = { 'Content-Type': 'application/x-protobuf' };
    const all = { host: hostname, port, path: '/v1/traces', method: 'POST', headers, agent: false };
    request({ ...all, ca: pem('server.pem'), ...options }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end(body);
  });
}

async function call(key: Buffer | null, chain: Buffer | null): Promise<string> {
  const client = new Client(
    new URL(collector.grpc).host,
    credentials.createSsl(pem('server.pem'), key, chain),
  );
  const asIs = (bytes: Buffer): Buffer => bytes;
  const outcome = await new Promise<string>((resolve) => {
    const deadline = Date.now() + 5_000;
    client.makeUnaryRequest(EXPORT, asIs, asIs, body, { deadline }, (error) => {
      resolve(error === null ? 'ok' : String(error.code));
    });
  });
  client.close();
  return outcome;
}

describe('a collector with TLS and an authority for clients', () => {
  const mine = { key: pem('client.key'), cert: pem('client.pem') };

  it('takes calls from clients with a certificate, over both transports', async () => {
    expect(collector.http).toMatch(/^https:/);
    expect(await post(mine)).toBe(200);
    expect(await call(mine.key, mine.cert)).toBe('ok');
    expect(await collector.calls(`service = 'tls'`)).toHaveLength(2);
  });

  it('speaks to nobody else, and not in the clear or in an old version', async () => {
    expect(await post({})).not.toBe(200);
    expect(await post({ key: pem('server.key'), cert: pem('server.pem') })).not.toBe(200);
    // The client would: it is the collector that will not.
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await post({ ...mine, ...old })).toBe('EPROTO');
    expect(await call(null, null)).not.toBe('ok');
    const plain = fetch(collector.http.replace('https', 'http'));
    await expect(plain).rejects.toThrow();
    expect(await collector.calls(`service = 'tls'`)).toHaveLength(2);
  });

  it('says which setting is wrong', () => {
    const read = (files: object): unknown =>
      readTls({ ...collector.context.config, collector: files } as never);
    expect(() => read({ tls_cert: file('server.pem') })).toThrow(/expected both/);
    expect(() => read({ tls_cert: '/nowhere', tls_key: file('server.key') })).toThrow(
      /collector\.tls_cert: \/nowhere/,
    );
  });
});
