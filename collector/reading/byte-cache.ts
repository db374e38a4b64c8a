import { areSame, hashOf, viewOf } from '../otlp/words.ts';

/** How far a key may lie from its place; beyond it a key is not kept, so floods cost no time. */
const MAX_PROBES = 16;

/** Where strings are written to be looked up; `get` is done with it when it returns. */
const SCRATCH = Buffer.alloc(8 * 1024);

/** Of each place: the hash of its key, where the key begins in the arena, how long it is, and its value. */
const FIELDS = 4;

/**
 * One half of a cache: an open-addressing table over keys that lie in one arena. What is known of a
 * key lies side by side, because most of a look-up's time is waiting for memory.
 */
class Generation<V> {
  readonly #places: Int32Array;
  readonly #mask: number;
  readonly #most: number;
  readonly #arena: Uint8Array;
  readonly #view: DataView;
  #values: V[] = [];
  #used = 0;

  constructor(entries: number, arenaBytes: number) {
    const size = 2 ** Math.ceil(Math.log2(entries * 2));
    this.#places = new Int32Array(size * FIELDS);
    this.#mask = size - 1;
    this.#most = entries;
    this.#arena = new Uint8Array(arenaBytes);
    this.#view = new DataView(this.#arena.buffer);
  }

  find(hash: number, view: DataView, start: number, length: number): V | undefined {
    const places = this.#places;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = ((hash + probe) & this.#mask) * FIELDS;
      const value = places[at + 3] as number;
      if (value === 0) return undefined;
      if (places[at] !== hash || places[at + 2] !== length) continue;
      if (areSame(view, start, this.#view, places[at + 1] as number, length)) {
        return this.#values[value - 1];
      }
    }
    return undefined;
  }

  /** False when there is no room left. A key whose places are all taken is silently not kept. */
  add(hash: number, bytes: Uint8Array, start: number, length: number, value: V): boolean {
    const entry = this.#values.length;
    if (entry === this.#most || this.#used + length > this.#arena.length) return false;
    const places = this.#places;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = ((hash + probe) & this.#mask) * FIELDS;
      if (places[at + 3] !== 0) continue;
      places[at] = hash;
      places[at + 1] = this.#used;
      places[at + 2] = length;
      places[at + 3] = entry + 1;
      for (let index = 0; index < length; index++) {
        this.#arena[this.#used + index] = bytes[start + index] as number;
      }
      this.#used += length;
      this.#values.push(value);
      return true;
    }
    return true;
  }

  /** Empties it; the keys' bytes are overwritten, because some of them are credentials. */
  clear(): void {
    this.#places.fill(0);
    this.#arena.fill(0, 0, this.#used);
    this.#values = [];
    this.#used = 0;
  }
}

export interface ByteCacheOptions<V> {
  /** Most keys in each of the two generations. */
  entries: number;
  /** Most bytes of keys in each generation. */
  arenaBytes: number;
  /** Any 32-bit number, random for each process. */
  seed: number;
  /** Makes the value of a key that is not there. */
  make: (bytes: Uint8Array, start: number, end: number) => V;
}

/**
 * Remembers what was made of some bytes, in bounded memory. Two generations: when the young one is
 * full the old one is dropped and they change places, so what is in use stays.
 */
export class ByteCache<V> {
  readonly #options: ByteCacheOptions<V>;
  #young: Generation<V>;
  #old: Generation<V>;

  constructor(options: ByteCacheOptions<V>) {
    this.#options = options;
    this.#young = new Generation(options.entries, options.arenaBytes);
    this.#old = new Generation(options.entries, options.arenaBytes);
  }

  get(bytes: Uint8Array, start: number, end: number): V {
    const { seed, make } = this.#options;
    const length = end - start;
    const view = viewOf(bytes);
    const hash = hashOf(view, start, end, seed);
    const found = this.#young.find(hash, view, start, length);
    if (found !== undefined) return found;
    const value = this.#old.find(hash, view, start, length) ?? make(bytes, start, end);
    // A key of a size that would sweep out all others is not kept.
    if (length > this.#options.arenaBytes / 64) return value;
    if (!this.#young.add(hash, bytes, start, length, value)) {
      [this.#young, this.#old] = [this.#old, this.#young];
      this.#young.clear();
      this.#young.add(hash, bytes, start, length, value);
    }
    return value;
  }

  /** The same for a key that is a JavaScript string. */
  getText(text: string): V {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (text.length * 3 > SCRATCH.length) {
      const bytes = Buffer.from(text, 'utf8');
      return this.get(bytes, 0, bytes.length);
    }
    const length = SCRATCH.write(text, 0, 'utf8');
    const value = this.get(SCRATCH, 0, length);
    SCRATCH.fill(0, 0, length);
    return value;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
