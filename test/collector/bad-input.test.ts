import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';

const KEY = 'a sender key of some length'.replaceAll(' ', '-');
const PROTOBUF = 'application/x-protobuf';
const DAY = 86_400_000;

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({
    TOKENWATCH_COLLECTOR_KEYS: `another-key-that-is-long,${KEY}`,
    TOKENWATCH_COLLECTOR_MAX_BODY_BYTES: '200000',
    TOKENWATCH_COLLECTOR_MAX_INFLATED_BYTES: '1000000',
  });
});
afterAll(async () => {
  await collector.close();
});

async function post(body: Buffer | string, headers: Record<string, string> = {}) {
  const response = await fetch(`${collector.http}/v1/traces`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'Content-Type': PROTOBUF, Authorization: `Bearer ${KEY}`, ...headers },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, bytes, text: bytes.toString('utf8'), response };
}

function json(value: unknown) {
  return post(JSON.stringify(value), { 'Content-Type': 'application/json' });
}

async function count(service: string): Promise<number> {
  return (await collector.calls(`service = '${service}'`)).length;
}

/** A protobuf Status or partial success: good enough to see code and message. */
const okSpan = { attributes: { 'http.route': '/ok', 'http.response.status_code': 200 } };

describe('a body that cannot be read', () => {
  it('is refused with what was wrong and where, in the encoding of the request', async () => {
    const truncated = otlpBody([okSpan], { 'service.name': 'truncated' }).subarray(0, -3);
    const answer = await post(truncated);
    expect(answer).toMatchObject({ status: 400, type: PROTOBUF });
    expect([...answer.bytes.subarray(0, 2)]).toEqual([0x08, 3]);
    expect(answer.text).toMatch(/a length of \d+ that runs past its message at byte \d+/);
    expect(await count('truncated')).toBe(0);
    const bad = await post('{"resourceSpans": [', { 'Content-Type': 'application/json' });
    expect(bad).toMatchObject({ status: 400, type: 'application/json' });
    expect(JSON.parse(bad.text)).toEqual({ code: 3, message: 'not JSON: it ends too early' });
    const mistaken = await post('{"resourceSpans": [}', { 'Content-Type': 'application/json' });
    expect(JSON.parse(mistaken.text).message).toBe('not JSON: unexpected character at offset 19');
    const shape = await json({ resourceSpans: [{ scopeSpans: { spans: [] } }] });
    expect(JSON.parse(shape.text).message).toBe('resourceSpans[0].scopeSpans: expected an array');
  });

  it('never shows what it held', async () => {
    const answer = await post('{"a": Bearer my-secret-token', {
      'Content-Type': 'application/json',
    });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('secret');
  });

  it('is refused by type, encoding and size', async () => {
    const body = otlpBody([okSpan], { 'service.name': 'refused' });
    expect(await post(body, { 'Content-Type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await post(body, { 'Content-Encoding': 'br' })).toMatchObject({ status: 415 });
    expect(await post(body, { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 400 });
    expect(await post(Buffer.alloc(200_001))).toMatchObject({ status: 413, type: PROTOBUF });
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(await post(bomb, { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 413 });
    const get = await fetch(`${collector.http}/v1/traces`, {
      headers: { Authorization: `Bearer ${KEY}` },
    });
    expect([404, 405]).toContain(get.status);
    expect(await count('refused')).toBe(0);
  });

  it('is refused without a key, before it is read', async () => {
    for (const key of ['', 'Bearer wrong', `Basic ${KEY}`, `Bearer ${KEY}x`]) {
      const answer = await post(otlpBody([okSpan]), { Authorization: key });
      expect(answer).toMatchObject({ status: 401, type: PROTOBUF });
      expect([...answer.bytes.subarray(0, 2)]).toEqual([0x08, 16]);
      expect(answer.text).not.toContain(KEY);
    }
  });

  it('is counted by reason and sender', async () => {
    const metrics = await collector.metrics();
    for (const [reason, sender] of [
      ...[
        ['malformed', 'key2'],
        ['oversized', 'key2'],
        ['unsupported_type', 'key2'],
      ],
      ...[
        ['unsupported', 'key2'],
        ['unauthenticated', 'unknown'],
      ],
    ]) {
      expect(metrics).toMatch(
        new RegExp(`refused_total{reason="${reason ?? ''}",sender="${sender ?? ''}"} [1-9]`),
      );
    }
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', 'gzip', gzipSync],
    ['deflate', 'deflate', deflateSync],
    ['raw deflate', 'deflate', deflateRawSync],
    ['zstd', 'zstd', zstdCompressSync],
  ] as const)('is read: %s', async (name, encoding, compress) => {
    const service = `compressed-${name}`;
    const body = compress(otlpBody([okSpan], { 'service.name': service }));
    expect(await post(body, { 'Content-Encoding': encoding })).toMatchObject({ status: 200 });
    expect(await count(service)).toBe(1);
  });
});

describe('bad spans beside good ones', () => {
  it('are rejected alone', async () => {
    // An attribute (field 9) whose length runs out of the span.
    const broken = { raw: Buffer.from([0x4a, 0x7f, 0x01]) };
    const body = otlpBody([okSpan, broken, okSpan], { 'service.name': 'mixed' });
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/1 spans could not be read; the first: a length of 127/);
    expect(await count('mixed')).toBe(2);
    const spans = [
      { kind: 2, traceId: 'no hex' },
      {
        kind: 2,
        startTimeUnixNano: `${Date.now()}000000`,
        attributes: [{ key: 'http.route', value: { stringValue: '/j' } }],
      },
    ];
    const resource = {
      attributes: [{ key: 'service.name', value: { stringValue: 'mixed-json' } }],
    };
    const second = await json({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    expect(JSON.parse(second.text)).toEqual({
      partialSuccess: {
        rejectedSpans: '1',
        errorMessage:
          '1 spans could not be read; the first: ' +
          'resourceSpans[0].scopeSpans[0].spans[0].traceId: expected hexadecimal digits',
      },
    });
    expect(await count('mixed-json')).toBe(1);
  });

  it('are a 400 where there is no good one', async () => {
    const answer = await post(otlpBody([{ raw: Buffer.from([0x4a, 0x7f]) }]));
    expect(answer.status).toBe(400);
  });
});

describe('odd spans', () => {
  it('with huge texts are kept with their beginnings, and counted', async () => {
    const huge = 'x '.repeat(5_000);
    const attributes = {
      ...okSpan.attributes,
      'user_agent.original': huge,
      'tokenwatch.scope': [huge],
    };
    const answer = await post(otlpBody([{ attributes }], { 'service.name': 'huge' }));
    expect(answer.status).toBe(200);
    const [call] = await collector.calls(`service = 'huge'`);
    expect(call?.['user_agent']).toMatch(/^x x /);
    expect(await collector.metrics()).toMatch(
      /adjusted_spans_total{reason="long_text",sender="key2"} 2\n/,
    );
  });

  it('without a token are calls without a token; empty requests are fine', async () => {
    expect((await post(Buffer.alloc(0))).bytes.length).toBe(0);
    expect(await json({})).toMatchObject({ status: 200, text: '{}' });
    const attributes = { 'tokenwatch.auth.result': 'none', 'http.route': '/n' };
    const spans = [{ attributes }, okSpan, { ...okSpan, kind: 3 }];
    const answer = await post(otlpBody(spans, { 'service.name': 'tokenless' }));
    expect(answer).toMatchObject({ status: 200, text: '' });
    const calls = await collector.calls(`service = 'tokenless'`);
    expect(calls.map(({ auth_result }) => auth_result).sort()).toEqual(['none', 'unknown']);
    expect(calls.every(({ token }) => token === '0'.repeat(64))).toBe(true);
  });

  it('dated a day in the future are kept with their arrival, and the sender is told', async () => {
    const spans = [{ ...okSpan, time: Date.now() + DAY }, { ...okSpan, time: 0 }, okSpan];
    const before = Date.now();
    const answer = await post(otlpBody(spans, { 'service.name': 'clock' }));
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/1 spans dated in the future, kept with the time of arrival/);
    const calls = await collector.calls(`service = 'clock'`);
    expect(calls.length).toBe(3);
    for (const { at } of calls) {
      expect(Number(at)).toBeGreaterThan(before - 1000);
      expect(Number(at)).toBeLessThan(before + 5000);
    }
    expect(await collector.metrics()).toMatch(
      /adjusted_spans_total{reason="future_time",sender="key2"} 1/,
    );
  });

  it('with nonsense in every attribute are kept with what makes sense', async () => {
    const attributes = {
      'http.request.method': 'G E\u0000T',
      'http.response.status_code': 70_000,
      'http.route': ['/array'],
      'url.path': 5,
      'client.address': '999.1.2.3',
      'tokenwatch.token.hash': '',
      'tokenwatch.token.issued_at': -5,
      'tokenwatch.token.expires_at': 1e300,
      'tokenwatch.amount': 'NaN',
      'tokenwatch.currency': 'euros',
      'tokenwatch.auth.result': 'maybe',
      'tokenwatch.token.scopes': 'a b',
      'tls.client.hash.sha256': 'xyz',
      'user_agent.original': 'ua\u001b[31m'.repeat(10_000),
    };
    const answer = await post(otlpBody([{ attributes }], { 'service.name': 'nonsense' }));
    expect(answer.status).toBe(200);
    const [call] = await collector.calls(`service = 'nonsense'`);
    expect(call).toMatchObject({
      ...{ method: '_OTHER', status: 0, route: '/array', token: '0'.repeat(64), issued: 0 },
      ...{ expires: 0, amount: null, currency: '', auth_result: 'unknown', country: '' },
      ...{ granted_scopes: ['a', 'b'], cert: '0'.repeat(64) },
    });
    expect(String(call?.['user_agent']).length).toBeLessThan(300);
    expect(call?.['user_agent']).not.toContain('\u001b');
  });
});

describe('health', () => {
  it('needs no key, and says whether the store is there', async () => {
    expect(await (await fetch(`${collector.http}/health`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${collector.http}/ready`)).json()).toEqual({ status: 'ready' });
    const metrics = await (await fetch(`${collector.http}/metrics`)).text();
    expect(metrics).toMatch(/tokenwatch_collector_spans_total{outcome="kept"} [1-9]/);
  });
});
