import { KIND } from '../otlp/slots.ts';
import type { Slots } from '../otlp/slots.ts';
import { WIRE, Wire } from '../otlp/wire.ts';
import { utf8 } from '../otlp/words.ts';

/** Most strings that are read of an array; scopes and field names beyond it are dropped. */
const MAX_STRINGS = 128;

const view = new DataView(new ArrayBuffer(8));

/** The strings of an ArrayValue that lies in these bytes; what is no string is left out. */
export function readStrings(bytes: Uint8Array, start: number, end: number): string[] {
  const strings: string[] = [];
  const wire = new Wire();
  wire.start(bytes);
  wire.pos = start;
  while (strings.length < MAX_STRINGS && wire.tag(end)) {
    if (wire.field !== 1 || wire.wireType !== WIRE.length) {
      wire.skip(end);
      continue;
    }
    const element = wire.span(end);
    while (wire.tag(element)) {
      if (wire.field === KIND.string && wire.wireType === WIRE.length) {
        const last = wire.span(element);
        if (wire.problem === null) strings.push(utf8(bytes, wire.pos, last));
        wire.pos = last;
      } else {
        wire.skip(element);
      }
    }
  }
  return strings;
}

/**
 * Where an array's only string begins, when the array is written as every SDK writes a short one
 * (`0a len 0a len text`, lengths below 128 or in two bytes); -1 for any other.
 */
export function onlyStringAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let depth = 0; depth < 2; depth++) {
    if (bytes[at++] !== 0x0a) return -1;
    let length = bytes[at++] ?? 0;
    if (length >= 0x80) length = (length & 0x7f) | ((bytes[at++] ?? 0) << 7);
    if (length >= 0x4000 || at + length !== end) return -1;
  }
  return at;
}

/** An int64; what lies beyond 2^53 is rounded to the nearest double. */
function readInteger(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= 7) {
    let value = 0;
    for (let at = end - 1; at >= start; at--) value = value * 128 + ((bytes[at] ?? 0) & 0x7f);
    return value;
  }
  // Negative numbers are written as 64-bit two's complement, which a double cannot hold.
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt((bytes[at] ?? 0) & 0x7f);
  return Number(BigInt.asIntN(64, value));
}

function readDouble(bytes: Uint8Array, start: number): number {
  for (let index = 0; index < 8; index++) view.setUint8(index, bytes[start + index] ?? 0);
  return view.getFloat64(0, true);
}

/** A slot's value as text: an array's first string, a number in decimal; null when it has none. */
export function textOf(bytes: Uint8Array, slots: Slots, slot: number): string | null {
  const start = slots.starts[slot] ?? 0;
  const end = slots.ends[slot] ?? 0;
  switch (slots.kinds[slot]) {
    case KIND.string:
      return utf8(bytes, start, end);
    case KIND.array:
      return readStrings(bytes, start, end)[0] ?? null;
    case KIND.bytes:
      return Buffer.from(bytes.subarray(start, end)).toString('hex');
    case KIND.int:
    case KIND.double:
      return String(numberOf(bytes, slots, slot));
    default:
      return null;
  }
}

/** A slot's value as a number, also when it is written as text; NaN when it is none. */
export function numberOf(bytes: Uint8Array, slots: Slots, slot: number): number {
  const start = slots.starts[slot] ?? 0;
  const end = slots.ends[slot] ?? 0;
  const kind = slots.kinds[slot];
  if (kind === KIND.int) return readInteger(bytes, start, end);
  if (kind === KIND.double) return readDouble(bytes, start);
  const text = kind === KIND.string || kind === KIND.array ? textOf(bytes, slots, slot) : null;
  return text === null || text.trim() === '' ? Number.NaN : Number(text);
}
