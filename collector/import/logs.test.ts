import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOG_READERS, isPlainText } from './formats.ts';
import type { ImportedCall } from './line.ts';

type Format = keyof typeof LOG_READERS;

function read(format: Format, line: string): ImportedCall | string {
  return LOG_READERS[format](isPlainText(format, line) ? line : JSON.parse(line));
}

function samples(format: Format, file: string): (ImportedCall | string)[] {
  const text = readFileSync(new URL(`samples/${file}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => read(format, line));
}

describe('logs of others', () => {
  it('AWS ALB: every documented type, and what has no method', () => {
    const time = Date.UTC(2026, 6, 2, 22, 22, 48, 364);
    const [http, https, h2, wss, lambda, malformed] = samples('aws-alb', 'aws-alb.txt');
    expect(http).toEqual({
      ...{
        time,
        service: 'pay.example',
        method: 'GET',
        path: '/accounts/4711',
        status: 200,
      },
      ...{ ip: '192.0.2.39:2817', user_agent: 'curl/7.46.0' },
    });
    expect(https).toEqual({
      ...{ time, service: 'api.pay.example', method: 'POST', path: '/payments', status: 401 },
      ...{
        ip: '[2001:db8::7]:2817',
        user_agent: String.raw`a \x22b\x22 c`,
        tls_version: 'TLSv1.2',
      },
    });
    expect(h2).toMatchObject({
      service: '10.0.2.105',
      path: '/',
      status: 302,
      tls_version: 'TLSv1.3',
    });
    expect(wss).toMatchObject({ service: 'pay.example', path: '/feed', status: 101 });
    expect(wss).not.toHaveProperty('user_agent');
    expect(lambda).toMatchObject({ status: 502 });
    expect(malformed).toMatch(/^request: /);
  });

  it('AWS WAF: refused with what was sent, without a status where nobody knows it', () => {
    expect(samples('aws-waf', 'aws-waf.jsonl')).toEqual([
      {
        ...{
          time: 1783355579981,
          token: 'Bearer waf-token',
          service: 'pay.example',
          method: 'GET',
        },
        ...{ path: '/payments/17', status: 403, auth_result: 'rejected', ip: '192.0.2.45' },
        ...{ country: 'FR', user_agent: 'probe/1' },
      },
      {
        ...{ time: 1783355580981, service: 'api.pay.example', method: 'POST', path: '/accounts' },
        ...{ ip: '2001:db8::7', user_agent: 'shop/2' },
      },
    ]);
  });

  it('NGINX: combined with more behind it, and JSON', () => {
    const [plain, main, ingress, json, key, garbage] = samples('nginx', 'nginx.txt');
    const time = Date.UTC(2026, 10, 15, 12, 55, 36);
    const same = {
      time,
      method: 'GET',
      path: '/accounts/4711?key=secret',
      status: 200,
      ip: '192.0.2.10',
    };
    expect(plain).toEqual({ ...same, user_agent: 'curl/8.4.0' });
    expect(main).toMatchObject({ subject: 'frank', ip: '2001:db8::7', status: 401 });
    expect(ingress).toMatchObject({ time: Date.UTC(2026, 10, 15, 17, 25, 38), path: '/health' });
    expect(json).toEqual({
      ...{ ...same, token: 'Bearer nginx-token', service: 'pay.example', user_agent: 'curl/8.4.0' },
      tls_version: 'TLSv1.3',
    });
    expect(key).toEqual({
      ...{ time: 1794747336125, token: 'nginx-key', service: 'pay.example', method: 'DELETE' },
      ...{ path: '/cards/9', status: 403, ip: '192.0.2.12' },
    });
    expect(garbage).toMatch(/^request: /);
  });

  it("Envoy: Istio's keys and Envoy Gateway's", () => {
    const [istio, gateway, broken] = samples('envoy', 'envoy.jsonl');
    expect(istio).toEqual({
      ...{ time: Date.UTC(2026, 10, 15, 13, 55, 36, 250), service: 'pay.example:8000' },
      ...{ method: 'GET', path: '/accounts/4711?key=secret', status: 200, ip: '192.0.2.23:37652' },
      user_agent: 'curl/8.4.0',
    });
    expect(gateway).toMatchObject({
      ...{ token: 'Bearer envoy-token', service: 'pay.example', path: '/payments', status: 403 },
      ...{ ip: '[2001:db8::7]:37652', user_agent: 'shop/2', tls_version: 'TLSv1.3' },
    });
    expect(broken).toMatch(/^method and path: /);
  });

  it('say what is wrong without quoting it, whatever the line is', () => {
    for (const format of Object.keys(LOG_READERS) as Format[]) {
      for (const value of [null, 7, [], {}, 'my secret', { start_time: 'my secret' }]) {
        const outcome = LOG_READERS[format](value);
        expect(outcome).toBeTypeOf('string');
        expect(outcome).not.toContain('secret');
      }
    }
  });

  it('take no time over lines that nearly fit', () => {
    const before = process.cpuUsage();
    read('nginx', `1.1.1.1 - ${' ['.repeat(50_000)}"${'" "'.repeat(50_000)}`);
    read('aws-alb', '" '.repeat(100_000));
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(2);
  });
});
