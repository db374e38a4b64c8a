import type { NativeWriter } from './native-writer.ts';

/** One column of a block under construction; every row pushes exactly one value. */
export interface Column {
  readonly type: string;
  /** Drops the rows from `rows` on: how a half-read request is taken back. */
  truncate(rows: number): void;
  clear(): void;
  /** Whether no row says anything: ClickHouse fills in a column that a block leaves out. */
  readonly isBlank: boolean;
  encode(to: NativeWriter): void;
}

const FIRST_ROWS = 1024;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function grown<T extends Numbers>(values: T, make: (length: number) => T): T {
  const larger = make(values.length * 2);
  larger.set(values);
  return larger;
}

function bytesOf(values: Numbers, length: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, length * values.BYTES_PER_ELEMENT);
}

/** Integers and floats whose memory layout is already the Native one. */
export class NumberColumn<T extends Numbers> implements Column {
  readonly type: string;
  readonly #make: (length: number) => T;
  #values: T;
  #rows = 0;

  constructor(type: string, make: (length: number) => T) {
    this.type = type;
    this.#make = make;
    this.#values = make(FIRST_ROWS);
  }

  push(value: number): void {
    if (this.#rows === this.#values.length) this.#values = grown(this.#values, this.#make);
    this.#values[this.#rows++] = value;
  }

  /** The rows so far; valid until the next push. */
  values(): T {
    return this.#values.subarray(0, this.#rows) as T;
  }

  get isBlank(): boolean {
    for (let row = 0; row < this.#rows; row++) if (this.#values[row] !== 0) return false;
    return true;
  }

  truncate(rows: number): void {
    this.#rows = rows;
  }

  clear(): void {
    this.#rows = 0;
  }

  encode(to: NativeWriter): void {
    to.bytes(bytesOf(this.#values, this.#rows));
  }
}

/** DateTime64(3): epoch milliseconds as Int64. */
export class MillisecondsColumn implements Column {
  readonly type = "DateTime64(3, 'UTC')";
  readonly isBlank = false;
  #values = new Uint32Array(FIRST_ROWS * 2);
  #rows = 0;

  push(milliseconds: number): void {
    if (this.#rows * 2 === this.#values.length) {
      this.#values = grown(this.#values, (length) => new Uint32Array(length));
    }
    const at = this.#rows++ * 2;
    this.#values[at] = milliseconds % 0x1_0000_0000;
    this.#values[at + 1] = Math.floor(milliseconds / 0x1_0000_0000);
  }

  truncate(rows: number): void {
    this.#rows = rows;
  }

  clear(): void {
    this.#rows = 0;
  }

  encode(to: NativeWriter): void {
    to.bytes(bytesOf(this.#values, this.#rows * 2));
  }
}

/** Nullable(Float64): a map of nulls, then the values. */
export class NullableFloatColumn implements Column {
  readonly type = 'Nullable(Float64)';
  readonly #nulls = new NumberColumn('UInt8', (length) => new Uint8Array(length));
  readonly #values = new NumberColumn('Float64', (length) => new Float64Array(length));

  /** A given 0 is not blank. */
  get isBlank(): boolean {
    return !this.#nulls.values().includes(0);
  }

  push(value: number | null): void {
    this.#nulls.push(value === null ? 1 : 0);
    this.#values.push(value ?? 0);
  }

  truncate(rows: number): void {
    this.#nulls.truncate(rows);
    this.#values.truncate(rows);
  }

  clear(): void {
    this.truncate(0);
  }

  encode(to: NativeWriter): void {
    this.#nulls.encode(to);
    this.#values.encode(to);
  }
}

/** FixedString(n): raw hash bytes; a row that is never set stays all zeros. */
export class FixedColumn implements Column {
  readonly type: string;
  readonly width: number;
  #bytes: Uint8Array;
  #rows = 0;
  /** Rows below this may hold bytes of a row that was dropped. */
  #dirty = 0;

  constructor(width: number) {
    this.width = width;
    this.type = `FixedString(${width})`;
    this.#bytes = new Uint8Array(width * FIRST_ROWS);
  }

  #next(): number {
    const at = this.#rows++ * this.width;
    if (at === this.#bytes.length)
      this.#bytes = grown(this.#bytes, (length) => new Uint8Array(length));
    return at;
  }

  /** Also false where all that was given has been dropped. */
  get isBlank(): boolean {
    return this.#dirty === 0;
  }

  pushZeros(): void {
    const at = this.#next();
    if (this.#rows <= this.#dirty) this.#bytes.fill(0, at, at + this.width);
  }

  /** The value's bytes, from `offset` of `source`; null and missing bytes are zeros. */
  push(source: Uint8Array | null, offset = 0): void {
    if (source === null) {
      this.pushZeros();
      return;
    }
    const at = this.#next();
    const bytes = this.#bytes;
    const { width } = this;
    // Faster than `set` for so few bytes; what lies beyond the source becomes 0.
    for (let index = 0; index < width; index++)
      bytes[at + index] = source[offset + index] as number;
    if (this.#dirty < this.#rows) this.#dirty = this.#rows;
  }

  truncate(rows: number): void {
    this.#rows = rows;
  }

  clear(): void {
    this.#bytes.fill(0, 0, this.#dirty * this.width);
    this.#rows = 0;
    this.#dirty = 0;
  }

  encode(to: NativeWriter): void {
    to.bytes(this.#bytes.subarray(0, this.#rows * this.width));
  }
}

/** String, of high cardinality. */
export class StringColumn implements Column {
  readonly type = 'String';
  readonly isBlank = false;
  #values: string[] = [];

  push(text: string): void {
    this.#values.push(text);
  }

  truncate(rows: number): void {
    this.#values.length = rows;
  }

  clear(): void {
    this.#values = [];
  }

  encode(to: NativeWriter): void {
    for (const value of this.#values) to.string(value);
  }
}
