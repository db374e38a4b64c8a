import { ExpectedKeys } from './key-table.ts';
import { KIND, Slots } from './slots.ts';
import { WIRE, Wire } from './wire.ts';

/** What a request is made of: spans, or log records that say the same of a call. */
export type Signal = 'traces' | 'logs';

/** A call as it lies in a body: where its known attributes are, before any of it is read. */
export interface RawCall {
  bytes: Uint8Array;
  resource: Slots;
  attributes: Slots;
  /** Where the 16 and 8 bytes begin, or -1 when absent or of another length. */
  traceIdAt: number;
  spanIdAt: number;
  /** Epoch milliseconds; 0 when the sender gave none. */
  time: number;
  /** Another number for each resource: what was read of one need not be read again. */
  resourceNumber: number;
}

export interface ReadVisitor {
  /** Valid only during the call: the same object is used for the next one. */
  call(raw: RawCall): void;
  /** A span that cannot be read, while those beside it can. */
  bad(problem: string, at: number): void;
}

/** `malformed`: the body's own frame is broken, so nothing in it can be trusted. */
export type ReadOutcome =
  { ok: true; skipped: number } | { ok: false; problem: string; at: number };

const SPAN_KIND_SERVER = 2;

/** Field numbers in which spans and log records differ. */
const SHAPES = {
  traces: { attributes: 9, body: -1, traceId: 1, spanId: 2, time: 7, time2: 7, kind: 6 },
  logs: { attributes: 6, body: 5, traceId: 9, spanId: 10, time: 1, time2: 11, kind: 0 },
};

/**
 * Reads OTLP requests (protobuf) in a single pass that only locates what is needed: attributes
 * that nobody reads, and spans that are not a server's, are stepped over.
 */
export class OtlpReader {
  readonly #wire = new Wire();
  readonly #resource = new Slots();
  readonly #attributes = new Slots();
  readonly #raw: RawCall = {
    bytes: new Uint8Array(0),
    resource: this.#resource,
    attributes: this.#attributes,
    traceIdAt: -1,
    spanIdAt: -1,
    time: 0,
    resourceNumber: 0,
  };
  readonly #keys = new ExpectedKeys();
  #visitor: ReadVisitor | null = null;
  #shape = SHAPES.traces;
  #skipped = 0;

  /** Reads an `Export{Trace,Logs}ServiceRequest`, telling the visitor of each call in it. */
  read(body: Uint8Array, signal: Signal, visitor: ReadVisitor): ReadOutcome {
    const wire = this.#wire;
    wire.start(body);
    this.#visitor = visitor;
    this.#shape = SHAPES[signal];
    this.#raw.bytes = body;
    this.#skipped = 0;
    this.#eachMessage(1, body.length, (end) => this.#resourceSpans(end));
    if (wire.problem === null) return { ok: true, skipped: this.#skipped };
    return { ok: false, problem: wire.problem, at: wire.problemAt };
  }

  /** Calls `work` for each length-delimited field of that number, with `pos` at its beginning. */
  #eachMessage(field: number, end: number, work: (end: number) => void): void {
    const wire = this.#wire;
    while (wire.tag(end)) {
      if (wire.field !== field || wire.wireType !== WIRE.length) {
        wire.skip(end);
        continue;
      }
      const inner = wire.span(end);
      if (wire.hasFailed()) return;
      work(inner);
      if (wire.hasFailed()) return;
      wire.pos = inner;
    }
  }

  /** Twice over the fields: protobuf lets the resource come after its spans. */
  #resourceSpans(end: number): void {
    const wire = this.#wire;
    const from = wire.pos;
    this.#resource.clear();
    this.#keys.forget();
    this.#keys.begin();
    this.#raw.resourceNumber++;
    this.#eachMessage(1, end, (inner) =>
      this.#eachMessage(1, inner, (last) => this.#attribute(last, this.#resource)),
    );
    if (wire.hasFailed()) return;
    wire.pos = from;
    this.#keys.forget();
    this.#eachMessage(2, end, (inner) => this.#eachMessage(2, inner, (last) => this.#span(last)));
  }

  #span(end: number): void {
    const wire = this.#wire;
    const from = wire.pos;
    const isServer = this.#spanFields(end);
    if (wire.problem !== null) {
      // The frame around this span is whole: only the span itself is lost.
      const { problem, problemAt } = wire;
      wire.problem = null;
      this.#visitor?.bad(problem, problemAt);
    } else if (isServer) {
      this.#visitor?.call(this.#raw);
    } else {
      this.#skipped++;
    }
    wire.pos = from;
  }

  /** Reads a span's own fields; true when it is a call that we keep. */
  #spanFields(end: number): boolean {
    const wire = this.#wire;
    const raw = this.#raw;
    const shape = this.#shape;
    let kind = shape.kind === 0 ? SPAN_KIND_SERVER : -1;
    this.#attributes.clear();
    this.#keys.begin();
    raw.traceIdAt = -1;
    raw.spanIdAt = -1;
    raw.time = 0;
    const attributeTag = shape.attributes * 8 + WIRE.length;
    const { bytes } = wire;
    for (;;) {
      // Most of a span is attributes one after another, with lengths in one byte.
      while (bytes[wire.pos] === attributeTag && (kind === -1 || kind === SPAN_KIND_SERVER)) {
        const at = wire.pos + 2;
        const length = bytes[at - 1] as number;
        if (length >= 0x80 || at + length > end) break;
        if (!plainAttribute(bytes, at, at + length, this.#attributes, this.#keys)) break;
        wire.pos = at + length;
      }
      if (!wire.tag(end)) break;
      const { field, wireType } = wire;
      if (field === shape.attributes && wireType === WIRE.length) {
        const inner = wire.span(end);
        // Kind comes before the attributes in every exporter, though it need not.
        if (kind === -1 || kind === SPAN_KIND_SERVER) this.#attribute(inner, this.#attributes);
        if (!wire.hasFailed()) wire.pos = inner;
      } else if (field === shape.body && wireType === WIRE.length) {
        // A structured body holds what others send as attributes.
        this.#eachMessage(KIND.map, wire.span(end), (map) =>
          this.#eachMessage(1, map, (last) => this.#attribute(last, this.#attributes)),
        );
      } else if (field === shape.kind && wireType === WIRE.varint) {
        wire.varint(end);
        kind = wire.low;
      } else if ((field === shape.time || field === shape.time2) && wireType === WIRE.fixed64) {
        const time = this.#milliseconds(end);
        if (field === shape.time ? time !== 0 : raw.time === 0) raw.time = time;
      } else if (field === shape.traceId && wireType === WIRE.length) {
        raw.traceIdAt = this.#id(16, end);
      } else if (field === shape.spanId && wireType === WIRE.length) {
        raw.spanIdAt = this.#id(8, end);
      } else {
        wire.skip(end);
      }
    }
    return kind === SPAN_KIND_SERVER;
  }

  #id(length: number, end: number): number {
    const wire = this.#wire;
    const inner = wire.span(end);
    const at = wire.pos;
    if (wire.hasFailed()) return -1;
    wire.pos = inner;
    return inner - at === length ? at : -1;
  }

  /** A fixed64 of nanoseconds. */
  #milliseconds(end: number): number {
    const wire = this.#wire;
    const at = wire.pos;
    wire.skip(end);
    if (wire.hasFailed()) return 0;
    const { bytes } = wire;
    const low = word(bytes, at);
    const high = word(bytes, at + 4);
    return Math.floor((high * 0x1_0000_0000 + low) / 1e6);
  }

  /** A KeyValue: notes where the value lies, if the key is one that we read. */
  #attribute(end: number, into: Slots): void {
    const wire = this.#wire;
    const from = wire.pos;
    if (plainAttribute(wire.bytes, from, end, into, this.#keys)) return;
    let slot = -1;
    let value = -1;
    let valueEnd = 0;
    let values = 0;
    while (wire.tag(end)) {
      if (wire.field === 1 && wire.wireType === WIRE.length) {
        const inner = wire.span(end);
        slot = this.#keys.slotOf(wire.bytes, wire.pos, inner);
        if (wire.hasFailed()) return;
        wire.pos = inner;
      } else if (wire.field === 2 && wire.wireType === WIRE.length) {
        valueEnd = wire.span(end);
        value = wire.pos;
        values++;
        if (wire.hasFailed()) return;
        wire.pos = valueEnd;
      } else {
        wire.skip(end);
      }
    }
    if (slot === -1 || value === -1 || wire.hasFailed()) return;
    into.unset(slot);
    wire.pos = value;
    if (values === 1) {
      this.#anyValue(slot, valueEnd, into);
    } else {
      // Parts of one message, as protobuf has it: later ones are merged over earlier ones.
      wire.pos = from;
      this.#eachMessage(2, end, (inner) => this.#anyValue(slot, inner, into));
    }
  }

  #anyValue(slot: number, end: number, into: Slots): void {
    const wire = this.#wire;
    while (wire.tag(end)) {
      const kind = wire.field;
      if (kind > KIND.bytes || wire.wireType !== WIRE_OF_KIND[kind]) {
        wire.skip(end);
        continue;
      }
      if (wire.wireType === WIRE.length) {
        const inner = wire.span(end);
        into.set(slot, kind, wire.pos, inner);
        if (!wire.hasFailed()) wire.pos = inner;
      } else {
        const at = wire.pos;
        wire.skip(end);
        into.set(slot, kind, at, wire.pos);
      }
    }
  }
}

/**
 * A KeyValue as every SDK writes it: the key, then one value, lengths in one byte. Says whether it
 * was one; all others are read field by field.
 */
function plainAttribute(
  bytes: Uint8Array,
  from: number,
  end: number,
  into: Slots,
  keys: ExpectedKeys,
): boolean {
  const keyLength = bytes[from + 1] as number;
  const key = from + 2;
  const value = key + keyLength;
  if (bytes[from] !== 0x0a || keyLength >= 0x80 || value + 4 > end) return false;
  if (bytes[value] !== 0x12 || value + 2 + (bytes[value + 1] as number) !== end) return false;
  const tag = bytes[value + 2];
  const size = bytes[value + 3] as number;
  if (tag === 0x0a || tag === 0x2a) {
    if (value + 4 + size !== end || size >= 0x80) return false;
    const slot = keys.slotOf(bytes, key, value);
    if (slot !== -1) into.put(slot, tag >> 3, value + 4, end);
    return true;
  }
  // An integer of one byte, or of two.
  if (tag !== 0x18 || (size < 0x80 ? value + 4 : value + 5) !== end) return false;
  if (size >= 0x80 && (bytes[value + 4] as number) >= 0x80) return false;
  const slot = keys.slotOf(bytes, key, value);
  if (slot !== -1) into.put(slot, KIND.int, value + 3, end);
  return true;
}

/** The wire type that each field of AnyValue has. */
const WIRE_OF_KIND = [-1, WIRE.length, WIRE.varint, WIRE.varint, WIRE.fixed64, ...[2, 2, 2]];

function word(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (bytes[at + 3] ?? 0) * 0x100_0000 + low;
}
