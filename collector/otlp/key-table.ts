import { SLOT_NAMES } from './slots.ts';

const BITS = 10;
const SIZE = 1 << BITS;

/** Hash of a key's length and of seven of its bytes; enough to tell the known names apart. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const middle = start + (length >> 1);
  let hash = length;
  hash = (hash * 31 + (bytes[end - 1] ?? 0)) | 0;
  hash = (hash * 31 + (bytes[end - 2] ?? 0)) | 0;
  hash = (hash * 31 + (bytes[end - 3] ?? 0)) | 0;
  hash = (hash * 31 + (bytes[middle] ?? 0)) | 0;
  hash = (hash * 31 + (bytes[start + 1] ?? 0)) | 0;
  hash = (hash * 31 + (bytes[start] ?? 0)) | 0;
  return Math.imul(hash, 0x9e3779b1) >>> (32 - BITS);
}

interface Entry {
  name: Uint8Array;
  slot: number;
}

const TABLE: (Entry[] | undefined)[] = new Array<Entry[] | undefined>(SIZE).fill(undefined);
SLOT_NAMES.forEach((name, slot) => {
  const bytes = Buffer.from(name);
  // Three bytes are read at the end and two at the beginning: no name is shorter than 3.
  const hash = hashOf(bytes, 0, bytes.length);
  (TABLE[hash] ??= []).push({ name: bytes, slot });
});

/** The slot of the attribute whose name lies in these bytes, or -1 for one we do not read. */
export function slotOfKey(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 3) return -1;
  const entries = TABLE[hashOf(bytes, start, end)];
  if (entries === undefined) return -1;
  for (let entry = 0; entry < entries.length; entry++) {
    const { name, slot } = entries[entry] as Entry;
    if (name.length !== length) continue;
    let index = 0;
    while (index < length && name[index] === bytes[start + index]) index++;
    if (index === length) return slot;
  }
  return -1;
}

const BY_NAME = new Map(SLOT_NAMES.map((name, slot) => [name, slot]));

/** The same for a name in a JavaScript string. */
export function slotOfName(name: string): number {
  return BY_NAME.get(name) ?? -1;
}
