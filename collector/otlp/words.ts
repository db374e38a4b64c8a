/**
 * Bytes four at a time: comparing and hashing by words costs a quarter of doing it by bytes, and a
 * DataView reads them at any place.
 */
const EMPTY = new Uint8Array(0);
let seen: Uint8Array = EMPTY;
let view: DataView = new DataView(EMPTY.buffer);

/** A view of these bytes; the last one is remembered, because one body is read many thousand times. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== seen) {
    seen = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return view;
}

let decoded: Uint8Array = EMPTY;
let buffer: Buffer = Buffer.from(EMPTY.buffer);

/** UTF-8 as text; what is none becomes U+FFFD. A Buffer for each text would cost more than the text. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  if (bytes !== decoded) {
    decoded = bytes;
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return buffer.toString('utf8', start, end);
}

/** Whether two stretches of `length` bytes are the same. */
export function areSame(
  a: DataView,
  aStart: number,
  b: DataView,
  bStart: number,
  length: number,
): boolean {
  if (length < 4) {
    for (let at = 0; at < length; at++) {
      if (a.getUint8(aStart + at) !== b.getUint8(bStart + at)) return false;
    }
    return true;
  }
  const last = length - 4;
  for (let at = 0; at < last; at += 4) {
    if (a.getInt32(aStart + at, true) !== b.getInt32(bStart + at, true)) return false;
  }
  // The last word overlaps the one before it, so that no bytes are left over.
  return a.getInt32(aStart + last, true) === b.getInt32(bStart + last, true);
}

/** A hash of bytes (MurmurHash3's mixing), seeded so that nobody outside can aim collisions. */
export function hashOf(bytes: DataView, start: number, end: number, seed: number): number {
  const length = end - start;
  let hash = seed ^ length;
  if (length < 4) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes.getUint8(at), 0x85ebca6b);
  } else {
    const last = end - 4;
    for (let at = start; at < last; at += 4) hash = mixed(hash, bytes.getInt32(at, true));
    hash = mixed(hash, bytes.getInt32(last, true));
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mixed(hash: number, word: number): number {
  const part = Math.imul(word, 0xcc9e2d51);
  const next = hash ^ Math.imul((part << 15) | (part >>> 17), 0x1b873593);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}
