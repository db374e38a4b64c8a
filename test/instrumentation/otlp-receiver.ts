import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** A span as it arrived. */
export interface ReceivedSpan {
  name: string;
  /** OTLP's numbering: 2 is SERVER, 3 CLIENT. */
  kind: number;
  /** Epoch milliseconds. */
  start: number;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
}

export interface OtlpReceiver {
  url: string;
  spans: ReceivedSpan[];
  /** Everything that came over the wire, inflated. */
  bytes: Buffer[];
  waitFor(count: number): Promise<ReceivedSpan[]>;
  stop(): Promise<void>;
}

/** The part of opentelemetry-proto 1.x that is looked at. */
const PROTO = `
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span { string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7;
  repeated KeyValue attributes = 9; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
  double double_value = 4; ArrayValue array_value = 5; } }
message ArrayValue { repeated AnyValue values = 1; }
`;
const requestType = protobuf.parse(PROTO).root.lookupType('Request');

interface RawValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number;
  doubleValue?: number;
  arrayValue?: { values: RawValue[] };
}
interface RawAttribute {
  key: string;
  value: RawValue;
}
interface RawRequest {
  resourceSpans: {
    resource: { attributes: RawAttribute[] };
    scopeSpans: {
      spans: {
        name: string;
        kind: number;
        startTimeUnixNano: number;
        attributes: RawAttribute[];
      }[];
    }[];
  }[];
}

/** A real HTTP server that takes OTLP protobuf and keeps what arrives. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bytes: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const whole = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole;
      bytes.push(body);
      if (request.url === '/v1/traces') spans.push(...decode(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bytes,
    waitFor: async (count) => {
      const deadline = Date.now() + 10_000;
      while (spans.length < count && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (spans.length < count) throw new Error(`${spans.length} of ${count} spans arrived`);
      return spans;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function decode(body: Buffer): ReceivedSpan[] {
  const message = requestType.toObject(requestType.decode(body), {
    longs: Number,
    arrays: true,
  }) as RawRequest;
  return message.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        name: span.name,
        kind: span.kind,
        start: span.startTimeUnixNano / 1e6,
        attributes: plain(span.attributes),
        resource: plain(resource.attributes),
      })),
    ),
  );
}

function plain(attributes: RawAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: RawValue): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plainValue);
  return value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue;
}
