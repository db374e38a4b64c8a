import { SLOT_NAMES } from './slots.ts';
import { areSame, viewOf } from './words.ts';

const BITS = 10;
const SIZE = 1 << BITS;
/** Shorter names are not read: the hash looks at four bytes at either end. */
const SHORTEST = 4;

/** Hash of a key's length and of twelve of its bytes; enough to tell the known names apart. */
function hashOf(view: DataView, start: number, end: number): number {
  const length = end - start;
  const middle = start + (length >> 1) - 2;
  const hash =
    Math.imul(view.getInt32(start, true), 0x85ebca6b) ^
    Math.imul(view.getInt32(middle, true), 0xc2b2ae35) ^
    Math.imul(view.getInt32(end - 4, true) + length, 0x9e3779b1);
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> (32 - BITS);
}

interface Entry {
  name: DataView;
  length: number;
  slot: number;
}

const TABLE: (Entry[] | undefined)[] = new Array<Entry[] | undefined>(SIZE).fill(undefined);
const SHORT = new Map<string, number>();
SLOT_NAMES.forEach((name, slot) => {
  const bytes = Uint8Array.from(Buffer.from(name));
  const { length } = bytes;
  if (length < SHORTEST) {
    SHORT.set(name, slot);
    return;
  }
  const view = new DataView(bytes.buffer);
  (TABLE[hashOf(view, 0, length)] ??= []).push({ name: view, length, slot });
});

/** The slot of the attribute whose name lies in these bytes, or -1 for one we do not read. */
export function slotOfKey(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < SHORTEST) {
    return SHORT.get(String.fromCharCode(...bytes.subarray(start, end))) ?? -1;
  }
  const view = viewOf(bytes);
  const entries = TABLE[hashOf(view, start, end)];
  if (entries === undefined) return -1;
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as Entry;
    if (entry.length === length && areSame(view, start, entry.name, 0, length)) return entry.slot;
  }
  return -1;
}

/** Keys of a span that are remembered; those beyond are looked up. */
const MOST_EXPECTED = 64;

/**
 * The keys of a body's spans. An SDK writes the same attributes in the same order, so the keys of the
 * first span are expected in those that follow: to compare one costs half of looking it up.
 */
export class ExpectedKeys {
  readonly #starts = new Int32Array(MOST_EXPECTED);
  readonly #lengths = new Int32Array(MOST_EXPECTED);
  readonly #slots = new Int16Array(MOST_EXPECTED);
  #count = 0;
  #next = 0;
  #isLearning = true;

  /** Before the spans of another resource or body: what is remembered lies in the body itself. */
  forget(): void {
    this.#count = 0;
  }

  /** Before each span. */
  begin(): void {
    this.#next = 0;
    this.#isLearning = this.#count === 0;
  }

  /** As {@link slotOfKey}. */
  slotOf(bytes: Uint8Array, start: number, end: number): number {
    const next = this.#next;
    // One that was left out, and the rest as expected.
    for (let at = next; at < next + 2 && at < this.#count; at++) {
      if (this.#lengths[at] !== end - start) continue;
      const view = viewOf(bytes);
      if (areSame(view, start, view, this.#starts[at] as number, end - start)) {
        this.#next = at + 1;
        return this.#slots[at] as number;
      }
    }
    const slot = slotOfKey(bytes, start, end);
    if (this.#isLearning && next < MOST_EXPECTED) this.#learn(next, start, end, slot);
    return slot;
  }

  #learn(at: number, start: number, end: number, slot: number): void {
    this.#starts[at] = start;
    this.#lengths[at] = end - start;
    this.#slots[at] = slot;
    this.#count = at + 1;
    this.#next = at + 1;
  }
}

const BY_NAME = new Map(SLOT_NAMES.map((name, slot) => [name, slot]));

/** The same for a name in a JavaScript string. */
export function slotOfName(name: string): number {
  return BY_NAME.get(name) ?? -1;
}
