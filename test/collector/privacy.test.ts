import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SLOT_NAMES } from '../../collector/otlp/slots.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
const payload = Buffer.from(
  JSON.stringify({ sub: 'carol@example.net', jti: '4000056655665556', client_id: '198.51.100.77' }),
).toString('base64url');

const PLANTED = {
  jwt: `${header}.${payload}.c2lnbmF0dXJlLXBhcnQ`,
  opaque: 'q7Rz0Kx82LmNv4TtYb19GhPcWs63JdEf5UaQ0oIk',
  'api key': ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_'),
  'card number': '4111 1111 1111 1111',
  'plain card number': '5555555555554444',
  mail: 'anna.b+x@mail.example.com',
  ipv4: '203.0.113.77',
  ipv6: '2001:db8:85a3::8a2e:370:7334',
};

describe('planted secrets and personal data', () => {
  it.each(Object.entries(PLANTED))('reach no column, log or metric: %s', async (what, value) => {
    const service = `planted-${what.replaceAll(' ', '-')}`;
    const everywhere = Object.fromEntries(SLOT_NAMES.map((name) => [name, value]));
    const inText = Object.fromEntries(SLOT_NAMES.map((name) => [name, `before ${value} after`]));
    const inLists = Object.fromEntries(SLOT_NAMES.map((name) => [name, ['x', value]]));
    const spans = [everywhere, inText, inLists].map((attributes) => ({
      attributes: { ...attributes, 'some.other.attribute': value },
    }));
    // Last, so that the rows can be found; the first resource carries the value as its name.
    for (const resource of [{ 'service.name': value }, { 'service.name': service }]) {
      const body = otlpBody(
        spans.map(({ attributes }) => {
          const { 'service.name': _, ...rest } = attributes as Record<string, string>;
          return { attributes: rest };
        }),
        resource,
      );
      const response = await fetch(`${collector.http}/v1/traces`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'Content-Type': 'application/x-protobuf' },
      });
      expect(response.status).toBe(200);
    }
    expect((await collector.calls(`service = '${service}'`)).length).toBe(3);
    const stored = JSON.stringify(await collector.calls());
    const metrics = await collector.metrics();
    for (const part of new Set([
      value,
      ...value.split(/[ .@]/).filter(({ length }) => length > 9),
    ])) {
      const at = stored.indexOf(part);
      expect(at === -1 ? '' : stored.slice(at - 80, at + 40)).toBe('');
      expect(metrics.includes(part)).toBe(false);
    }
  });

  it('are counted by the service that sent them', async () => {
    expect(await collector.metrics()).toMatch(
      /masked_values_total{service="planted-mail",field="user_agent",kind="mail"} [1-9]/,
    );
    const all = JSON.stringify(await collector.calls());
    for (const part of ['carol', '4000056655665556', '198.51.100.77'])
      expect(all).not.toContain(part);
  });
});
