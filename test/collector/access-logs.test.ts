import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ TOKENWATCH_COLLECTOR_TRUSTED_HOPS: '1' });
});
afterAll(async () => {
  await collector.close();
});

async function post(path: string, body: Buffer | object): Promise<Response> {
  const isJson = !Buffer.isBuffer(body);
  const response = await fetch(`${collector.http}${path}`, {
    method: 'POST',
    body: isJson ? JSON.stringify(body) : new Uint8Array(body),
    headers: { 'Content-Type': isJson ? 'application/json' : 'application/x-protobuf' },
  });
  expect(response.status).toBe(200);
  return response;
}

const NGINX = {
  request_method: 'GET',
  request_uri: '/accounts/4711?x=1',
  status: '200',
  http_authorization: 'Bearer a-token',
  http_x_forwarded_for: '6.6.6.6, 81.2.69.142',
  remote_addr: '10.0.0.9',
  http_user_agent: 'curl/8',
};
const EXPECTED = {
  ...{ method: 'GET', route: '/accounts/:id', status: 200, source: 'log', country: 'GB' },
  ...{ token: hashToken(PEPPER, 'a-token'), ip: pseudonym(PEPPER, 'ip', '81.2.69.142') },
  user_agent: 'curl/8',
};

describe('access logs', () => {
  it('as OTLP log records become calls; other records are skipped', async () => {
    const records = [{ attributes: NGINX }, { attributes: { message: 'started', level: 'info' } }];
    await post('/v1/logs', otlpBody(records, { 'service.name': 'edge' }, 'logs'));
    const calls = await collector.calls(`service = 'edge'`);
    expect(calls).toEqual([expect.objectContaining(EXPECTED)]);
  });

  it('may say it in a structured body', async () => {
    const values = Object.entries(NGINX).map(([key, value]) => ({
      key,
      value: { stringValue: value },
    }));
    const body = { kvlistValue: { values } };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'body' } }] };
    const logRecords = [{ timeUnixNano: `${Date.now()}000000`, body }];
    await post('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
    expect(await collector.calls(`service = 'body'`)).toEqual([expect.objectContaining(EXPECTED)]);
  });

  it('name hosts in place of services, as far as there is room: whoever calls writes them', async () => {
    const asked = (authority: string, status: string) => ({
      attributes: { ...NGINX, request_uri: '/', status, authority },
    });
    const scan = Array.from({ length: 600 }, (_, n) => asked(`h${String(n)}.example`, '404'));
    await post('/v1/logs', otlpBody([...scan, asked('pay.example', '200')], {}, 'logs'));
    const calls = await collector.calls(`service LIKE '%.example' OR service = 'unknown_service'`);
    const services = new Set(calls.map((call) => call['service']));
    expect(services.size).toBe(502);
    expect(services).toContain('pay.example');
    const nameless = calls.filter((call) => call['service'] === 'unknown_service');
    expect(new Set(nameless.map((call) => call['route']))).toEqual(new Set(['/{other}']));
  });

  it('lend no meaning to the same words in a span', async () => {
    await post('/v1/traces', otlpBody([{ attributes: NGINX }], { 'service.name': 'span' }));
    const [call] = await collector.calls(`service = 'span'`);
    expect(call).toMatchObject({ method: '', status: 0, route: '', token: '0'.repeat(64) });
  });
});
