import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SLOT_NAMES } from '../../collector/otlp/slots.ts';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startTestCollector } from '../collector/collector-fixture.ts';
import type { TestCollector } from '../collector/collector-fixture.ts';
import { otlpBody } from '../collector/otlp-body.ts';
import { ROOT } from './compose-file.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';
const FINGERPRINT = 'ab'.repeat(32);
const read = (file: string): string => readFileSync(join(ROOT, 'deploy', file), 'utf8');

/** What each gateway puts in the place of its variables, for one and the same request. */
const VALUES: Record<string, string> = {
  ...{ $remote_addr: '10.0.0.9', $request_method: 'GET', $request_uri: '/accounts/4711?x=1' },
  ...{ $status: '200', $scheme: 'https', $ssl_protocol: 'TLSv1.3', $http_user_agent: 'curl/8' },
  ...{ $http_authorization: 'Bearer a-token', $http_x_forwarded_for: '81.2.69.142' },
  $http_idempotency_key: '6f1c',
  ...{ '%REQ(:METHOD)%': 'GET', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%': '/accounts/4711?x=1' },
  ...{ '%RESPONSE_CODE%': '200', '%REQ(AUTHORIZATION)%': 'Bearer a-token' },
  ...{ '%REQ(IDEMPOTENCY-KEY)%': '6f1c', '%REQ(X-FORWARDED-FOR)%': '81.2.69.142' },
  ...{ '%DOWNSTREAM_REMOTE_ADDRESS%': '10.0.0.9:41810', '%DOWNSTREAM_TLS_VERSION%': 'TLSv1.3' },
  ...{ '%DOWNSTREAM_PEER_FINGERPRINT_256%': FINGERPRINT, '%REQ(USER-AGENT)%': 'curl/8' },
  '%REQ(:AUTHORITY)%': 'bank.example',
  ...{ get_method: 'GET', get_path: '/accounts/4711', get_status: '200' },
  ...{ get_forwarded_scheme: 'https', get_forwarded_ip: '81.2.69.142' },
  ...{ authorization: 'Bearer a-token', 'x-forwarded-for': '81.2.69.142' },
  ...{ 'idempotency-key': '6f1c', 'user-agent': 'curl/8', get_consumer: 'acme' },
};

function nginxFields(): Record<string, string> {
  const format = /escape=json\s+([^;]*);/.exec(read('gateways/nginx.conf'))?.[1] ?? '';
  return JSON.parse(format.replaceAll(/'\s*'/g, '').trim().slice(1, -1)) as Record<string, string>;
}

function envoyFields(): Record<string, string> {
  const file = parse(read('gateways/envoy.yaml')) as {
    access_log: { typed_config: { log_format: { json_format: Record<string, string> } } }[];
  };
  return file.access_log[0]?.typed_config.log_format.json_format ?? {};
}

/** Kong's fields are made by Lua: the header or the function that each asks for. */
function kongFields(): Record<string, string> {
  const file = parse(read('gateways/kong.yaml')) as {
    plugins: { config: { custom_fields_by_lua: Record<string, string> } }[];
  };
  const fields = file.plugins[0]?.config.custom_fields_by_lua ?? {};
  const asked = (lua: string): string =>
    /get_header\('([^']+)'\)/.exec(lua)?.[1] ?? /\.(get_\w+)\(/.exec(lua)?.[1] ?? lua;
  return Object.fromEntries(Object.entries(fields).map(([name, lua]) => [name, asked(lua)]));
}

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ TOKENWATCH_COLLECTOR_TRUSTED_HOPS: '1' });
});
afterAll(async () => {
  await collector.close();
});

describe('access logs of gateways', () => {
  it.each([
    ['nginx', nginxFields(), { tls_version: '1.3' }],
    ['envoy', envoyFields(), { tls_version: '1.3', cert: FINGERPRINT }],
    ['kong', kongFields(), { client_id: 'acme' }],
  ])('%s: the example says what the collector reads', async (name, fields, more) => {
    const { time, ...said } = fields;
    expect(time).toBeDefined();
    for (const field of Object.keys(said)) expect(SLOT_NAMES).toContain(field);
    const attributes = Object.fromEntries(
      Object.entries(said).map(([field, variable]) => {
        const value = VALUES[variable];
        if (value === undefined) throw new Error(`${name}: what is ${variable}?`);
        return [field, value];
      }),
    );
    const body = otlpBody([{ attributes }], { 'service.name': name }, 'logs');
    const response = await fetch(`${collector.http}/v1/logs`, {
      ...{ method: 'POST', body: new Uint8Array(body) },
      headers: { 'Content-Type': 'application/x-protobuf' },
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await collector.calls(`token_hash = unhex('${hashToken(PEPPER, 'a-token')}')`)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ method: 'GET', route: '/accounts/:id', status: 200, source: 'log', country: 'GB' },
          ...{ ip: pseudonym(PEPPER, 'ip', '81.2.69.142'), user_agent: 'curl/8' },
          ...{ nonce: pseudonym(PEPPER, 'nonce', '6f1c'), auth_result: 'accepted', ...more },
        }),
      ]),
    );
  });
});

describe('the OpenTelemetry Collector', () => {
  interface Pipeline {
    receivers: string[];
    processors: string[];
    exporters: string[];
  }
  const config = parse(read('otel-collector/config.yaml')) as Record<string, object> & {
    service: { pipelines: Record<string, Pipeline> };
  };

  it('is configured by parts that it has, each used', () => {
    const pipelines = Object.values(config.service.pipelines);
    for (const kind of ['receivers', 'processors', 'exporters'] as const) {
      const used = new Set(pipelines.flatMap((pipeline) => pipeline[kind]));
      expect([...used].sort()).toEqual(Object.keys(config[kind] ?? {}).sort());
    }
  });

  it('sends with a key and over TLS, and nothing but a retry loses a call', () => {
    expect(config['exporters']).toMatchObject({
      'otlp/tokenwatch': {
        headers: { authorization: 'Bearer ${env:TOKENWATCH_SENDER_KEY}' },
        tls: { insecure: false },
        retry_on_failure: { enabled: true, max_elapsed_time: 0 },
      },
    });
  });
});
