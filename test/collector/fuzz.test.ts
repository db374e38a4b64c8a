import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protobufOfJson } from '../../collector/otlp/from-json.ts';
import { SLOT_NAMES } from '../../collector/otlp/slots.ts';
import { RequestType, libraryCalls, ourCalls } from './oracle.ts';

/** One seed, so that a run means the same everywhere; longer runs with others are made by hand. */
const SEED = 20_261_122;
const RUNS = { numRuns: 1500, seed: SEED };

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 8 }));
const anyValue = fc.oneof(
  fc.record({ string_value: text }),
  fc.record({ bool_value: fc.boolean() }),
  fc.record({ int_value: fc.oneof(fc.integer(), fc.constantFrom('9007199254740993', '-1')) }),
  fc.record({ double_value: fc.double({ noNaN: true }) }),
  fc.record({
    array_value: fc.record({
      values: fc.array(
        fc.oneof(fc.record({ string_value: text }), fc.record({ int_value: fc.integer() })),
        { maxLength: 4 },
      ),
    }),
  }),
  fc.record({ bytes_value: fc.uint8Array({ maxLength: 6 }) }),
  fc.constant({}),
);
const key = fc.oneof(fc.constantFrom(...SLOT_NAMES), text);
const attributes = fc.array(fc.record({ key, value: anyValue }), { maxLength: 8 });
const span = fc.record(
  {
    trace_id: fc.uint8Array({ minLength: 14, maxLength: 16 }),
    span_id: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    name: text,
    kind: fc.constantFrom(0, 1, 2, 2, 2, 3),
    start_time_unix_nano: fc.constantFrom('1760000000123456789', '0', '18446744073709551615'),
    attributes,
    events: fc.array(fc.record({ name: text, attributes }), { maxLength: 2 }),
    status: fc.record({ message: text, code: fc.integer({ min: 0, max: 2 }) }),
    flags: fc.integer({ min: 0, max: 100 }),
  },
  { requiredKeys: [] },
);
const request = fc.record({
  resource_spans: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scope_spans: fc.array(fc.record({ spans: fc.array(span, { maxLength: 4 }) }), {
        maxLength: 2,
      }),
    }),
    { maxLength: 2 },
  ),
});
const body = request.map((value) => RequestType.encode(RequestType.fromObject(value)).finish());

/** Bytes changed, put in, taken out, or the end cut off. */
const mutation = fc.record({
  kind: fc.constantFrom('flip', 'insert', 'remove', 'cut', 'repeat'),
  at: fc.nat(),
  byte: fc.integer({ min: 0, max: 255 }),
});

function mutate(bytes: Uint8Array, { kind, at, byte }: { kind: string; at: number; byte: number }) {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  const after = bytes.subarray(place + 1);
  if (kind === 'flip') return Buffer.concat([before, Buffer.from([byte]), after]);
  if (kind === 'insert') return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(place)]);
  if (kind === 'remove') return Buffer.concat([before, after]);
  if (kind === 'cut') return Buffer.from(before);
  return Buffer.concat([bytes, bytes]);
}

/** The same calls out for every body that the library accepts, and no crash for the rest. */
function agrees(bytes: Uint8Array): boolean {
  const expected = libraryCalls(bytes);
  const { calls, whole } = ourCalls(bytes);
  if (expected === null) return false;
  expect(whole).toBe(true);
  expect(calls).toEqual(expected);
  return true;
}

describe('the hand-written reader against protobufjs', () => {
  it('sees the same calls in every well-formed body', () => {
    fc.assert(
      fc.property(body, (bytes) => {
        expect(agrees(bytes)).toBe(true);
      }),
      RUNS,
    );
  });

  it('sees the same calls in damaged bodies that the library still accepts', () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, fc.array(mutation, { minLength: 1, maxLength: 3 }), (bytes, mutations) => {
        if (agrees(mutations.reduce(mutate, Buffer.from(bytes)))) accepted++;
      }),
      { numRuns: 6000, seed: SEED },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('survives arbitrary bytes, as traces and as logs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        agrees(bytes);
        ourCalls(bytes, 'logs');
      }),
      RUNS,
    );
  });

  it('survives deep nesting without using the stack', () => {
    const groups = Buffer.alloc(1_000_000, 0x0b);
    expect(ourCalls(groups).outcome).toMatchObject({ ok: false });
    const nested = `${'{"a":['.repeat(100_000)}${']}'.repeat(100_000)}`;
    expect(protobufOfJson(Buffer.from(nested), 'traces')).toMatchObject({ ok: true });
  });
});

describe('OTLP/JSON', () => {
  it('survives any JSON, and sees the same calls as in protobuf', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        protobufOfJson(Buffer.from(json), 'traces');
        protobufOfJson(Buffer.from(`{"resourceSpans":[${json}]}`), 'traces');
        const inner = `{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}`;
        const outcome = protobufOfJson(Buffer.from(inner), 'traces');
        if (outcome.ok) expect(ourCalls(outcome.body).whole).toBe(true);
      }),
      RUNS,
    );
  });
});
