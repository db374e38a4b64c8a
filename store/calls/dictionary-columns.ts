import { NumberColumn } from './columns.ts';
import type { Column } from './columns.ts';
import type { NativeWriter } from './native-writer.ts';

/** `SharedDictionariesWithAdditionalKeys`, the only version of the keys' serialisation. */
const KEYS_VERSION = 1;
const HAS_ADDITIONAL_KEYS = 1 << 9;
const NEED_UPDATE_DICTIONARY = 1 << 10;

/** A text that remembers its place in the dictionary that it was written to last. */
export interface KeyText {
  readonly text: string;
  /** Which dictionary that was; 0 for none. */
  dictionary: number;
  index: number;
}

export function keyText(text: string): KeyText {
  return { text, dictionary: 0, index: 0 };
}

/** Each dictionary of each block has its number: what a text remembers is true of that one only. */
let dictionaries = 0;

/** LowCardinality(String): the distinct texts of the block once, and an index for each row. */
export class DictionaryColumn implements Column {
  readonly type = 'LowCardinality(String)';
  readonly #indexes = new NumberColumn('UInt32', (length) => new Uint32Array(length));
  /** The empty text is the first: rows that are not set point to it. */
  #keys = new Map([['', 0]]);
  #number = ++dictionaries;

  set(row: number, text: string): void {
    if (text !== '') this.#indexes.set(row, this.#indexOf(text));
  }

  /** The same for a text that is written again and again: its place is looked up once a block. */
  setKey(row: number, key: KeyText): void {
    if (key.dictionary !== this.#number) {
      key.index = this.#indexOf(key.text);
      key.dictionary = this.#number;
    }
    this.#indexes.set(row, key.index);
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
  }

  clear(): void {
    this.#keys = new Map([['', 0]]);
    this.#number = ++dictionaries;
    this.#indexes.clear();
  }

  get isBlank(): boolean {
    return this.#keys.size === 1;
  }

  encode(to: NativeWriter, rows: number): void {
    this.encodePrefix(to);
    this.encodeBody(to, rows);
  }

  encodePrefix(to: NativeWriter): void {
    to.uint64(KEYS_VERSION);
  }

  /** Nothing at all where there are no rows: that is how ClickHouse reads an empty column. */
  encodeBody(to: NativeWriter, rows: number): void {
    if (rows === 0) return;
    const { size } = this.#keys;
    const width = size <= 0x100 ? 0 : size <= 0x1_0000 ? 1 : 2;
    to.uint64(width | HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY);
    to.uint64(size);
    for (const key of this.#keys.keys()) to.string(key);
    to.uint64(rows);
    if (width === 2) {
      this.#indexes.encode(to, rows);
      return;
    }
    const wide = this.#indexes.values(rows);
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
  /** Rows whose end is known. */
  #rows = 0;
  #count = 0;

  set(row: number, texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.#fill(row);
    for (const text of texts) this.#elements.set(this.#count++, text);
    this.#fill(row + 1);
  }

  /** The same for texts that are written again and again. */
  setKeys(row: number, keys: readonly KeyText[]): void {
    if (keys.length === 0) return;
    this.#fill(row);
    for (let at = 0; at < keys.length; at++) {
      this.#elements.setKey(this.#count++, keys[at] as KeyText);
    }
    this.#fill(row + 1);
  }

  /** Rows that were not set have no elements. */
  #fill(rows: number): void {
    while (this.#rows < rows) this.#ends.set(this.#rows++, this.#count);
  }

  truncate(rows: number): void {
    if (rows >= this.#rows) return;
    this.#count = rows === 0 ? 0 : (this.#ends.values(rows)[rows - 1] ?? 0);
    this.#elements.truncate(this.#count);
    this.#ends.truncate(rows);
    this.#rows = rows;
  }

  clear(): void {
    this.truncate(0);
    this.#elements.clear();
  }

  get isBlank(): boolean {
    return this.#count === 0;
  }

  encode(to: NativeWriter, rows: number): void {
    this.#fill(rows);
    this.#elements.encodePrefix(to);
    const offsets = new Uint32Array(rows * 2);
    const ends = this.#ends.values(rows);
    for (let row = 0; row < rows; row++) offsets[row * 2] = ends[row] ?? 0;
    to.bytes(new Uint8Array(offsets.buffer));
    this.#elements.encodeBody(to, this.#count);
  }
}
