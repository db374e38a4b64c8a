import protobuf from 'protobufjs';
import type { RawCall, Signal } from '../../collector/otlp/read-request.ts';
import { OtlpReader } from '../../collector/otlp/read-request.ts';
import { KIND, SLOT_NAMES } from '../../collector/otlp/slots.ts';
import { readStrings, textOf } from '../../collector/reading/values.ts';

/** The messages of opentelemetry-proto 1.x that lead to a call, complete in their fields. */
const PROTO = `syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
  double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6;
  bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3;
  repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3;
  bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7;
  fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; repeated Event events = 11; repeated Link links = 13;
  Status status = 15; fixed32 flags = 16; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2;
  string schema_url = 3; }
message Request { repeated ResourceSpans resource_spans = 1; }`;

const root = protobuf.parse(PROTO, { keepCase: true }).root;
export const RequestType = root.lookupType('Request');

/** A call in plain values, for comparison: the same from our reader and from the library. */
export interface PlainCall {
  traceId: string;
  spanId: string;
  time: number;
  attributes: Record<string, string | string[]>;
}

type Message = Record<string, unknown>;

/** The oneof's own name tells which member is set: members that are not have defaults. */
function valueOf(message: Message | null | undefined): string | string[] | null {
  const member = String(message?.['value']);
  const value = message?.[member];
  if (member === 'string_value') return value as string;
  if (member === 'array_value') {
    const values = ((value as Message)['values'] ?? []) as Message[];
    const texts = values.map(valueOf).filter((_, at) => values[at]?.['value'] === 'string_value');
    return texts.slice(0, 128) as string[];
  }
  if (member === 'bytes_value') return Buffer.from(value as Uint8Array).toString('hex');
  if (member !== 'int_value' && member !== 'double_value') return null;
  return String(Number(value));
}

function attributesOf(list: unknown): PlainCall['attributes'] {
  const attributes: PlainCall['attributes'] = {};
  for (const { key, value } of (list ?? []) as { key?: string; value?: Message }[]) {
    if (key === undefined || !SLOT_NAMES.includes(key) || value === undefined) continue;
    const read = valueOf(value);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a later value replaces it
    if (read === null) delete attributes[key];
    else attributes[key] = read;
  }
  return attributes;
}

function idOf(value: unknown, length: number): string {
  const bytes = (value ?? new Uint8Array()) as Uint8Array;
  return bytes.length === length ? Buffer.from(bytes).toString('hex') : '';
}

/** The calls in a body as the library reads it, or null when it does not accept it. */
export function libraryCalls(body: Uint8Array): PlainCall[] | null {
  let request: Message;
  try {
    request = RequestType.decode(body);
  } catch {
    return null;
  }
  const calls: PlainCall[] = [];
  for (const resource of (request['resource_spans'] ?? []) as Message[]) {
    const shared = attributesOf((resource['resource'] as Message | undefined)?.['attributes']);
    for (const scope of (resource['scope_spans'] ?? []) as Message[]) {
      for (const span of (scope['spans'] ?? []) as Message[]) {
        if (span['kind'] !== 2) continue;
        const time = BigInt((span['start_time_unix_nano'] as { toString(): string }).toString());
        calls.push({
          traceId: idOf(span['trace_id'], 16),
          spanId: idOf(span['span_id'], 8),
          time: Math.floor(Number(time / 1000n) / 1000),
          attributes: { ...shared, ...attributesOf(span['attributes']) },
        });
      }
    }
  }
  return calls;
}

function plainValue(raw: RawCall, slots: RawCall['attributes'], slot: number) {
  if (slots.kinds[slot] !== KIND.array) return textOf(raw.bytes, slots, slot);
  return readStrings(raw.bytes, slots.starts[slot] ?? 0, slots.ends[slot] ?? 0);
}

function plainCall(raw: RawCall): PlainCall {
  const attributes: PlainCall['attributes'] = {};
  for (const slots of [raw.resource, raw.attributes]) {
    SLOT_NAMES.forEach((name, slot) => {
      const value = plainValue(raw, slots, slot);
      if (value !== null) attributes[name] = value;
    });
  }
  const id = (at: number, length: number): string =>
    at < 0 ? '' : Buffer.from(raw.bytes.subarray(at, at + length)).toString('hex');
  return {
    traceId: id(raw.traceIdAt, 16),
    spanId: id(raw.spanIdAt, 8),
    time: raw.time,
    attributes,
  };
}

/** The calls in a body as our reader sees them; `whole` says that nothing was refused. */
export function ourCalls(body: Uint8Array, signal: Signal = 'traces') {
  const calls: PlainCall[] = [];
  let bad = 0;
  const outcome = new OtlpReader().read(body, signal, {
    call: (raw) => calls.push(plainCall(raw)),
    bad: () => bad++,
  });
  return { calls, whole: outcome.ok && bad === 0, outcome };
}
