import { NumberColumn } from './columns.ts';
import type { Column } from './columns.ts';
import type { NativeWriter } from './native-writer.ts';

/** `SharedDictionariesWithAdditionalKeys`, the only version of the keys' serialisation. */
const KEYS_VERSION = 1;
const HAS_ADDITIONAL_KEYS = 1 << 9;
const NEED_UPDATE_DICTIONARY = 1 << 10;

/** LowCardinality(String): the distinct texts of the block once, and an index for each row. */
export class DictionaryColumn implements Column {
  readonly type = 'LowCardinality(String)';
  readonly #indexes = new NumberColumn('UInt32', (length) => new Uint32Array(length));
  #keys = new Map<string, number>();
  #rows = 0;
  /** Many rows say what the row before them said. */
  #lastText = '';
  #lastIndex = -1;

  push(text: string): void {
    if (this.#lastIndex === -1 || text !== this.#lastText) {
      this.#lastIndex = this.#indexOf(text);
      this.#lastText = text;
    }
    this.#indexes.push(this.#lastIndex);
    this.#rows++;
  }

  #indexOf(text: string): number {
    let index = this.#keys.get(text);
    if (index === undefined) {
      index = this.#keys.size;
      this.#keys.set(text, index);
    }
    return index;
  }

  /** Keeps the dictionary: a text that no row uses does no harm. */
  truncate(rows: number): void {
    this.#indexes.truncate(rows);
    this.#rows = rows;
  }

  clear(): void {
    this.#keys = new Map();
    this.#lastIndex = -1;
    this.truncate(0);
  }

  get rows(): number {
    return this.#rows;
  }

  get isBlank(): boolean {
    return this.#keys.size === 0 || (this.#keys.size === 1 && this.#keys.has(''));
  }

  encode(to: NativeWriter): void {
    this.encodePrefix(to);
    this.encodeBody(to);
  }

  encodePrefix(to: NativeWriter): void {
    to.uint64(KEYS_VERSION);
  }

  /** Nothing at all where there are no rows: that is how ClickHouse reads an empty column. */
  encodeBody(to: NativeWriter): void {
    if (this.#rows === 0) return;
    const { size } = this.#keys;
    const width = size <= 0x100 ? 0 : size <= 0x1_0000 ? 1 : 2;
    to.uint64(width | HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY);
    to.uint64(size);
    for (const key of this.#keys.keys()) to.string(key);
    to.uint64(this.#rows);
    if (width === 2) {
      this.#indexes.encode(to);
      return;
    }
    const wide = this.#indexes.values();
    const narrow = width === 0 ? new Uint8Array(wide) : new Uint16Array(wide);
    to.bytes(new Uint8Array(narrow.buffer));
  }
}

/** Array(LowCardinality(String)). */
export class DictionaryArrayColumn implements Column {
  readonly type = 'Array(LowCardinality(String))';
  readonly #elements = new DictionaryColumn();
  /** Where each row's elements end. */
  readonly #ends = new NumberColumn('UInt32', (length) => new Uint32Array(length));
  #rows = 0;

  push(texts: readonly string[]): void {
    for (const text of texts) this.#elements.push(text);
    this.#ends.push(this.#elements.rows);
    this.#rows++;
  }

  truncate(rows: number): void {
    this.#elements.truncate(rows === 0 ? 0 : (this.#ends.values()[rows - 1] ?? 0));
    this.#ends.truncate(rows);
    this.#rows = rows;
  }

  clear(): void {
    this.#elements.clear();
    this.#ends.clear();
    this.#rows = 0;
  }

  get isBlank(): boolean {
    return this.#elements.rows === 0;
  }

  encode(to: NativeWriter): void {
    this.#elements.encodePrefix(to);
    const offsets = new Uint32Array(this.#rows * 2);
    const ends = this.#ends.values();
    for (let row = 0; row < this.#rows; row++) offsets[row * 2] = ends[row] ?? 0;
    to.bytes(new Uint8Array(offsets.buffer));
    this.#elements.encodeBody(to);
  }
}
