import { Client, Metadata, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import protobuf from 'protobufjs';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';

const KEY = 'a-sender-key-of-some-length';
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

const { root } = protobuf.parse(
  `syntax = "proto3";
message Partial { int64 rejected = 1; string error_message = 2; }
message Response { Partial partial_success = 1; }
message Any { string type_url = 1; bytes value = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
message RetryInfo { Duration retry_delay = 1; }`,
  { keepCase: true },
);

function decode(type: string, bytes: Uint8Array): Record<string, unknown> {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: Number });
}

let collector: TestCollector;
let client: Client;
beforeAll(async () => {
  collector = await startTestCollector({
    TOKENWATCH_COLLECTOR_KEYS: KEY,
    TOKENWATCH_COLLECTOR_MAX_INFLATED_BYTES: '100000',
  });
  client = open(collector);
});
afterAll(async () => {
  client.close();
  await collector.close();
});

function open({ grpc }: TestCollector): Client {
  return new Client(grpc.replace('http://', ''), credentials.createInsecure());
}

type Outcome = { error: ServiceError; bytes?: never } | { error: null; bytes: Buffer };

function send(to: Client, path: string, body: Buffer, key = KEY): Promise<Outcome> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const metadata = new Metadata();
  if (key !== '') metadata.set('authorization', `Bearer ${key}`);
  return new Promise((resolve) => {
    to.makeUnaryRequest(path, asIs, asIs, body, metadata, (error, bytes) => {
      resolve(error === null ? { error, bytes: bytes ?? Buffer.alloc(0) } : { error });
    });
  });
}

/** The RetryInfo of a refusal, in seconds; null without one. */
function retryDelay({ metadata }: ServiceError): number | null {
  const [details] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(details)) return null;
  const told = decode('Status', details)['details'] as { type_url: string; value: Buffer }[];
  const info = told.find(({ type_url }) => type_url === 'type.googleapis.com/google.rpc.RetryInfo');
  if (info === undefined) return null;
  return (decode('RetryInfo', info.value)['retry_delay'] as { seconds: number }).seconds;
}

const SPAN = { attributes: { 'http.route': '/ok', 'http.response.status_code': 200 } };
/** An attribute (field 9) whose length runs out of the span. */
const BROKEN = { raw: Buffer.from([0x4a, 0x7f, 0x01]) };

describe('OTLP/gRPC', () => {
  it('keeps traces and logs, and then answers with an empty response', async () => {
    for (const [path, signal] of [
      [TRACES, 'traces'],
      [LOGS, 'logs'],
    ] as const) {
      const service = `grpc-${signal}`;
      const { error, bytes } = await send(
        client,
        path,
        otlpBody([SPAN], { 'service.name': service }, signal),
      );
      expect([error, bytes?.length]).toEqual([null, 0]);
      expect(await collector.calls(`service = '${service}'`)).toHaveLength(1);
    }
  });

  it('tells in a partial success what it could not read', async () => {
    const body = otlpBody([SPAN, BROKEN, SPAN], { 'service.name': 'grpc-partial' });
    const { bytes } = await send(client, TRACES, body);
    expect(decode('Response', bytes ?? Buffer.alloc(0))).toEqual({
      partial_success: {
        rejected: 1,
        error_message: expect.stringMatching(/^1 spans could not be read; the first: a length/),
      },
    });
    expect(await collector.calls(`service = 'grpc-partial'`)).toHaveLength(2);
  });

  it('refuses what cannot be read, and senders it does not know, for good', async () => {
    const truncated = otlpBody([SPAN], { 'service.name': 'grpc-bad' }).subarray(0, -3);
    const malformed = await send(client, TRACES, truncated);
    expect(malformed.error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(malformed.error?.details).toMatch(/at byte \d+/);
    for (const key of ['', 'wrong-key-of-some-length']) {
      const unknown = await send(client, TRACES, otlpBody([SPAN]), key);
      expect(unknown.error).toMatchObject({ code: status.UNAUTHENTICATED });
      expect(retryDelay(unknown.error as ServiceError)).toBe(null);
    }
    const elsewhere = await send(client, TRACES.replace('Trace', 'Nothing'), otlpBody([SPAN]));
    expect(elsewhere.error).toMatchObject({ code: status.UNIMPLEMENTED });
    expect(await collector.calls(`service = 'grpc-bad'`)).toEqual([]);
  });

  it('asks who sends before it takes the message', async () => {
    const { error } = await send(client, TRACES, Buffer.alloc(100_001), 'wrong-key-of-some-length');
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it('refuses what is too large without inviting it again', async () => {
    const { error } = await send(client, TRACES, Buffer.alloc(100_001));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(retryDelay(error as ServiceError)).toBe(null);
  });
});
