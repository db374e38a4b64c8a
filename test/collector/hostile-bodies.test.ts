import { Client, Metadata, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtoWriter } from '../../collector/otlp/proto-writer.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';
import type { TestSpan } from './otlp-body.ts';

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LIMIT = 400_000;

let collector: TestCollector;
let client: Client;
beforeAll(async () => {
  collector = await startTestCollector({
    TOKENWATCH_COLLECTOR_MAX_BODY_BYTES: String(LIMIT),
    TOKENWATCH_COLLECTOR_MAX_INFLATED_BYTES: String(LIMIT),
  });
  client = new Client(collector.grpc.replace('http://', ''), credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await collector.close();
});

async function overHttp(body: Buffer | string, headers: Record<string, string> = {}) {
  const response = await fetch(`${collector.http}/v1/traces`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'Content-Type': 'application/x-protobuf', ...headers },
  });
  return { status: response.status, text: await response.text() };
}

function overGrpc(body: Buffer, options: { gzip?: boolean } = {}): Promise<ServiceError | null> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const metadata = new Metadata();
  const with_ = options.gzip === true ? { 'grpc.default_compression_algorithm': 2 } : {};
  const sender =
    options.gzip === true
      ? new Client(collector.grpc.replace('http://', ''), credentials.createInsecure(), with_)
      : client;
  return new Promise((resolve) => {
    sender.makeUnaryRequest(TRACES, asIs, asIs, body, metadata, (error) => {
      if (sender !== client) sender.close();
      resolve(error);
    });
  });
}

async function kept(service: string): Promise<Record<string, unknown>[]> {
  return collector.calls(`service = '${service}'`);
}

const GOOD: TestSpan = { attributes: { 'http.route': '/good', 'http.response.status_code': 200 } };

/** A span whose one attribute has this value's bytes (an AnyValue) under a key that is read. */
function spanWith(value: Buffer, key = Buffer.from('http.route')): TestSpan {
  const to = new ProtoWriter();
  to.uint(6, 2);
  to.fixed64(7, BigInt(Date.now()) * 1_000_000n);
  const start = to.begin(9);
  to.bytes(1, key);
  to.bytes(2, value);
  to.end(start);
  return { raw: to.finish() };
}

/** An AnyValue of arrays in arrays, so many deep. */
function nested(depth: number): Buffer {
  let value: Buffer = Buffer.from([0x0a, 1, 0x78]);
  for (let level = 0; level < depth; level++) {
    const to = new ProtoWriter();
    const array = to.begin(5);
    to.bytes(1, value);
    to.end(array);
    value = to.finish();
  }
  return value;
}

const VARINT_WITHOUT_END = Buffer.from([0x18, ...new Array<number>(12).fill(0xff)]);

/** Spans that are spoilt in one way each, and whether they are calls all the same. */
const SPOILT: readonly [string, TestSpan, 'rejected' | 'kept'][] = [
  ['an attribute longer than its span', { raw: Buffer.from([0x4a, 0x7f, 0x01]) }, 'rejected'],
  ['a truncated varint', { raw: Buffer.from([0x30, 0x82]) }, 'rejected'],
  ['a varint of twelve bytes', spanWith(VARINT_WITHOUT_END), 'rejected'],
  ['an unknown wire type', { raw: Buffer.from([0x30, 2, 0x4f, 1]) }, 'rejected'],
  ['a group that does not end', { raw: Buffer.from([0x30, 2, 0xa3, 1, 0x0b]) }, 'rejected'],
  ['a field number of zero', { raw: Buffer.from([0x30, 2, 0x02, 0]) }, 'rejected'],
  // A wire type other than the field's is an unknown field, as protobuf has it.
  ['attributes of another wire type', { raw: Buffer.from([0x30, 2, 0x48, 5]) }, 'kept'],
  ['a value in 2,000 arrays', spanWith(nested(2000)), 'kept'],
  ['a value that is no UTF-8', spanWith(Buffer.from([0x0a, 3, 0x2f, 0xff, 0xfe])), 'kept'],
  [
    'a key that is no UTF-8',
    spanWith(Buffer.from([0x0a, 1, 0x78]), Buffer.from('ff00', 'hex')),
    'kept',
  ],
  [
    'a text of 300,000 bytes',
    { attributes: { 'user_agent.original': 'x'.repeat(300_000) } },
    'kept',
  ],
  [
    'a thousand attributes',
    { attributes: Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${at}`, 'v'])) },
    'kept',
  ],
];

describe('a span that is spoilt', () => {
  it.each(SPOILT)('costs no good one beside it: %s', async (name, span, fate) => {
    for (const transport of ['http', 'grpc'] as const) {
      const service = `${name} ${transport}`;
      const body = otlpBody([GOOD, span, GOOD], { 'service.name': service });
      if (transport === 'http') {
        const answer = await overHttp(body);
        expect(answer.status).toBe(200);
        expect(answer.text.includes('1 spans could not be read')).toBe(fate === 'rejected');
      } else {
        expect(await overGrpc(body)).toBe(null);
      }
      const routes = (await kept(service)).map(({ route }) => route);
      expect(routes.filter((route) => route === '/good')).toHaveLength(2);
      expect(routes).toHaveLength(fate === 'kept' ? 3 : 2);
    }
  });
});

/** Nanoseconds as they stand in a request. */
const TIMES = [0n, 1n, 10n ** 15n, 2n ** 64n - 1n, 2n ** 63n, 4_102_444_800_000_000_000n];

describe('absurd times', () => {
  it('are replaced by the time of arrival, in protobuf and JSON', async () => {
    const before = Date.now();
    const spans = TIMES.map((time) => {
      const to = new ProtoWriter();
      to.uint(6, 2);
      to.fixed64(7, time);
      return { raw: to.finish() };
    });
    expect((await overHttp(otlpBody(spans, { 'service.name': 'times' }))).status).toBe(200);
    const said = [...TIMES.map(String), '-1', '-9223372036854775808', 1e300, -5];
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'times' } }] };
    const scopeSpans = [{ spans: said.map((time) => ({ kind: 2, startTimeUnixNano: time })) }];
    const request = JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] });
    const answer = await overHttp(request, { 'Content-Type': 'application/json' });
    expect(answer.status).toBe(200);
    const calls = await kept('times');
    expect(calls).toHaveLength(TIMES.length + said.length);
    for (const { at } of calls) {
      expect(Number(at)).toBeGreaterThanOrEqual(before);
      expect(Number(at)).toBeLessThanOrEqual(Date.now());
    }
    const metrics = await collector.metrics();
    for (const reason of ['future_time', 'past_time', 'no_time']) {
      expect(metrics).toMatch(
        new RegExp(`adjusted_spans_total{reason="${reason}",sender="local"} `),
      );
    }
  });
});

describe('JSON', () => {
  it('nested without end, or with values of any kind in any place, never breaks the collector', async () => {
    const deep = `${'['.repeat(150_000)}${']'.repeat(150_000)}`;
    const value = `{"arrayValue":{"values":[${'{"arrayValue":{"values":['.repeat(3000)}${']}}'.repeat(3000)}]}}`;
    const attributes = `[{"key":"http.route","value":${value}}]`;
    const span = `{"kind":2,"attributes":${attributes}}`;
    for (const text of [
      deep,
      `{"resourceSpans":${deep}}`,
      `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`,
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":2,"attributes":[{"key":"__proto__","value":{"stringValue":"x"}}]}]}]}]}',
      '{"resourceSpans":null}',
      '"text"',
      '12',
      '\uFEFF{',
      '',
    ]) {
      const answer = await overHttp(text, { 'Content-Type': 'application/json' });
      expect([200, 400], text.slice(0, 80)).toContain(answer.status);
    }
  });
});

describe('bombs', () => {
  const bomb = Buffer.alloc(LIMIT * 50);
  it.each([
    ['gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
  ])('are cut at the bound: %s', async (encoding, body) => {
    expect(body.length).toBeLessThan(LIMIT);
    const before = process.memoryUsage().arrayBuffers;
    const answer = await overHttp(body, { 'Content-Encoding': encoding });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain(`more than ${LIMIT} bytes`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bomb.length);
  });

  it('are cut at the bound over gRPC, and encodings that nobody knows are refused', async () => {
    const error = await overGrpc(bomb, { gzip: true });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    const brotli = await overHttp(brotliCompressSync(bomb), { 'Content-Encoding': 'br' });
    expect(brotli.status).toBe(415);
    const twice = await overHttp(gzipSync(gzipSync(bomb)), { 'Content-Encoding': 'gzip, gzip' });
    expect(twice.status).toBe(415);
  });
});
