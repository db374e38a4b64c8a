/** How far a key may lie from its place; beyond it a key is not kept, so floods cost no time. */
const MAX_PROBES = 16;

/** Where strings are written to be looked up; `get` is done with it when it returns. */
const SCRATCH = Buffer.alloc(8 * 1024);

/** A hash of bytes (MurmurHash3's mixing), seeded so that nobody outside can aim collisions. */
function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start);
  let index = start;
  for (; index + 4 <= end; index += 4) {
    const word =
      (bytes[index] ?? 0) |
      ((bytes[index + 1] ?? 0) << 8) |
      ((bytes[index + 2] ?? 0) << 16) |
      ((bytes[index + 3] ?? 0) << 24);
    const mixed = Math.imul(word, 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  for (; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** One half of a cache: an open-addressing table over keys that lie in one arena. */
class Generation<V> {
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #arena: Uint8Array;
  #values: V[] = [];
  #used = 0;

  constructor(entries: number, arenaBytes: number) {
    const size = 2 ** Math.ceil(Math.log2(entries * 2));
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
    this.#hashes = new Int32Array(entries);
    this.#starts = new Int32Array(entries);
    this.#lengths = new Int32Array(entries);
    this.#arena = new Uint8Array(arenaBytes);
  }

  find(hash: number, bytes: Uint8Array, start: number, length: number): V | undefined {
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = this.#slots[(hash + probe) & this.#mask] ?? 0;
      if (slot === 0) return undefined;
      const entry = slot - 1;
      if (this.#hashes[entry] === hash && this.#lengths[entry] === length) {
        const at = this.#starts[entry] ?? 0;
        let index = 0;
        while (index < length && this.#arena[at + index] === bytes[start + index]) index++;
        if (index === length) return this.#values[entry];
      }
    }
    return undefined;
  }

  /** False when there is no room left. A key whose places are all taken is silently not kept. */
  add(hash: number, bytes: Uint8Array, start: number, length: number, value: V): boolean {
    const entry = this.#values.length;
    if (entry === this.#hashes.length || this.#used + length > this.#arena.length) return false;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const place = (hash + probe) & this.#mask;
      if (this.#slots[place] !== 0) continue;
      this.#slots[place] = entry + 1;
      this.#hashes[entry] = hash;
      this.#starts[entry] = this.#used;
      this.#lengths[entry] = length;
      for (let index = 0; index < length; index++) {
        this.#arena[this.#used + index] = bytes[start + index] ?? 0;
      }
      this.#used += length;
      this.#values.push(value);
      return true;
    }
    return true;
  }

  /** Empties it; the keys' bytes are overwritten, because some of them are credentials. */
  clear(): void {
    this.#slots.fill(0);
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
    const hash = hashBytes(bytes, start, end, seed);
    const found = this.#young.find(hash, bytes, start, length);
    if (found !== undefined) return found;
    const value = this.#old.find(hash, bytes, start, length) ?? make(bytes, start, end);
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
