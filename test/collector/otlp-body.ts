import type { Signal } from '../../collector/otlp/read-request.ts';
import { ProtoWriter } from '../../collector/otlp/proto-writer.ts';

export type Value = string | number | boolean | readonly string[];

export interface TestSpan {
  attributes?: Record<string, Value>;
  /** Epoch ms; now when left out. */
  time?: number;
  kind?: number;
  traceId?: string;
  spanId?: string;
  /** In place of a span's own bytes. */
  raw?: Buffer;
}

function writeAttribute(to: ProtoWriter, field: number, key: string, value: Value): void {
  const start = to.begin(field);
  to.string(1, key);
  const inner = to.begin(2);
  if (typeof value === 'string') to.string(1, value);
  else if (typeof value === 'boolean') to.uint(2, value ? 1 : 0);
  else if (typeof value === 'number') {
    if (Number.isInteger(value)) to.int(3, BigInt(value));
    else to.double(4, value);
  } else {
    const array = to.begin(5);
    for (const item of value) {
      const element = to.begin(1);
      to.string(1, item);
      to.end(element);
    }
    to.end(array);
  }
  to.end(inner);
  to.end(start);
}

function writeSpan(to: ProtoWriter, span: TestSpan, signal: Signal): void {
  if (span.raw !== undefined) {
    to.bytes(2, span.raw);
    return;
  }
  const isTrace = signal === 'traces';
  const start = to.begin(2);
  const nanoseconds = BigInt(span.time ?? Date.now()) * 1_000_000n;
  to.bytes(isTrace ? 1 : 9, Buffer.from(span.traceId ?? 'ab'.repeat(16), 'hex'));
  to.bytes(isTrace ? 2 : 10, Buffer.from(span.spanId ?? 'cd'.repeat(8), 'hex'));
  if (isTrace) to.uint(6, span.kind ?? 2);
  to.fixed64(isTrace ? 7 : 1, nanoseconds);
  for (const [key, value] of Object.entries(span.attributes ?? {})) {
    writeAttribute(to, isTrace ? 9 : 6, key, value);
  }
  to.end(start);
}

/** An export request of one resource and one scope, as an SDK would write it. */
export function otlpBody(
  spans: readonly TestSpan[],
  resource: Record<string, Value> = { 'service.name': 'test' },
  signal: Signal = 'traces',
): Buffer {
  const to = new ProtoWriter();
  const resourceSpans = to.begin(1);
  const inner = to.begin(1);
  for (const [key, value] of Object.entries(resource)) writeAttribute(to, 1, key, value);
  to.end(inner);
  const scope = to.begin(2);
  for (const span of spans) writeSpan(to, span, signal);
  to.end(scope);
  to.end(resourceSpans);
  return to.finish();
}
