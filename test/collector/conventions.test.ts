import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';
import type { Value } from './otlp-body.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';
const TOKEN = 'opaque-token-of-conventions';
const CAPTURED = { 'http.request.header.authorization': [`Bearer ${TOKEN}`] };
const ADDRESS = '81.2.69.142';

const KONG = {
  ...{ 'http.method': 'GET', 'http.url': 'https://bank/accounts/4711', 'http.host': 'bank' },
  ...{ 'http.scheme': 'https', 'http.flavor': '1.1', 'http.status_code': 200 },
  ...{ 'http.client_ip': ADDRESS, 'net.peer.ip': '10.0.0.7', 'kong.request.id': '0d2e' },
};

/**
 * Server spans of what could not be run here, written by its own source or documentation; those of
 * Fastify, Express, Flask, FastAPI, Spring, Go and Envoy are recordings (recorded.test.ts).
 */
const SPANS: Record<string, { attributes: Record<string, Value>; route: string; agent?: string }> =
  {
    'ASP.NET Core, today': {
      attributes: {
        ...{ 'http.request.method': 'GET', 'http.route': 'accounts/{id}', 'url.scheme': 'https' },
        ...{ 'url.path': '/accounts/4711', 'http.response.status_code': 200 },
        ...{ 'server.address': 'bank', 'network.protocol.version': '2' },
        ...{ 'user_agent.original': 'acme/1', 'client.address': ADDRESS },
      },
      route: 'accounts/{id}',
    },
    'ASP.NET Core before 1.7': {
      attributes: {
        ...{ 'http.method': 'GET', 'http.route': 'accounts/{id}', 'http.scheme': 'https' },
        ...{ 'http.target': '/accounts/4711', 'http.url': 'https://bank/accounts/4711' },
        ...{ 'http.status_code': 200, 'http.flavor': '2.0', 'http.user_agent': 'acme/1' },
        ...{ 'net.host.name': 'bank', 'http.client_ip': ADDRESS },
      },
      route: 'accounts/{id}',
    },
    // http.route is the location that took the request, as in src/http_module.cpp of
    // github.com/nginxinc/nginx-otel.
    ngx_otel_module: {
      attributes: {
        ...{ 'http.method': 'GET', 'http.target': '/accounts/4711', 'http.route': '/accounts/' },
        ...{ 'http.scheme': 'https', 'http.flavor': '1.1', 'http.user_agent': 'acme/1' },
        ...{ 'http.status_code': 200, 'net.host.name': 'bank', 'net.sock.peer.addr': ADDRESS },
      },
      route: '/accounts/:id',
    },
    'ngx_otel_module, one location for all': {
      attributes: {
        ...{ 'http.method': 'GET', 'http.target': '/', 'http.route': '/', 'http.scheme': 'https' },
        ...{ 'http.flavor': '1.1', 'http.user_agent': 'acme/1', 'http.status_code': 200 },
        ...{ 'net.host.name': 'bank', 'net.sock.peer.addr': ADDRESS },
      },
      route: '/',
    },
    // kong/tracing/instrumentation.lua of github.com/Kong/kong: http.route is the first of the paths
    // by which its route was chosen, and empty where it has none. It says no user agent.
    Kong: {
      attributes: { ...KONG, 'http.route': '/accounts' },
      route: '/accounts/:id',
      agent: '',
    },
    'Kong, a route without paths': {
      attributes: { ...KONG, 'http.route': '' },
      route: '/accounts/:id',
      agent: '',
    },
    'Kong, a pattern': {
      attributes: { ...KONG, 'http.route': '~/accounts/(?<id>\\d+)$' },
      route: '/accounts/:id',
      agent: '',
    },
  };

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

describe('a server span of stock instrumentation', () => {
  it.each(Object.entries(SPANS))(
    'is understood: %s',
    async (name, { attributes, route, agent }) => {
      const body = otlpBody([{ attributes: { ...attributes, ...CAPTURED } }], {
        'service.name': name,
        'deployment.environment': 'prod',
      });
      const response = await fetch(`${collector.http}/v1/traces`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'Content-Type': 'application/x-protobuf' },
      });
      expect(response.status).toBe(200);
      expect(await collector.calls(`service = '${name}'`)).toEqual([
        expect.objectContaining({
          ...{ method: 'GET', status: 200, route, user_agent: agent ?? 'acme/1' },
          ...{
            token: hashToken(PEPPER, TOKEN),
            auth_result: 'accepted',
            environment: 'production',
          },
          ...{ ip: pseudonym(PEPPER, 'ip', ADDRESS), country: 'GB' },
        }),
      ]);
    },
  );
});
