import type { NativeWriter } from './native-writer.ts';

/**
 * One column of a block under construction. Rows are set in their order, each once at most, and only
 * those in which the column says something: what is not set costs nothing and stays blank (0, '', none).
 */
export interface Column {
  readonly type: string;
  /** Drops the rows from `rows` on: how a half-read request is taken back. */
  truncate(rows: number): void;
  clear(): void;
  /** Whether no row says anything: ClickHouse fills in a column that a block leaves out. */
  readonly isBlank: boolean;
  /** Writes that many rows. */
  encode(to: NativeWriter, rows: number): void;
}

const FIRST_ROWS = 1024;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** The same values in an array at least twice as long, with zeros after them. */
function grown<T extends Numbers>(values: T, least: number, make: (length: number) => T): T {
  const larger = make(Math.max(least, values.length * 2));
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
  /** Rows from here on are zeros. */
  #used = 0;

  constructor(type: string, make: (length: number) => T) {
    this.type = type;
    this.#make = make;
    this.#values = make(FIRST_ROWS);
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#values = grown(this.#values, row + 1, this.#make);
    this.#values[row] = value;
    this.#used = row + 1;
  }

  /** That many rows; valid until the next one is set. */
  values(rows: number): T {
    if (rows > this.#values.length) this.#values = grown(this.#values, rows, this.#make);
    return this.#values.subarray(0, rows) as T;
  }

  get isBlank(): boolean {
    for (let row = 0; row < this.#used; row++) if (this.#values[row] !== 0) return false;
    return true;
  }

  truncate(rows: number): void {
    if (rows >= this.#used) return;
    this.#values.fill(0, rows, this.#used);
    this.#used = rows;
  }

  clear(): void {
    this.truncate(0);
  }

  encode(to: NativeWriter, rows: number): void {
    to.bytes(bytesOf(this.values(rows), rows));
  }
}

/** DateTime64(3): epoch milliseconds as Int64. */
export class MillisecondsColumn implements Column {
  readonly type = "DateTime64(3, 'UTC')";
  readonly isBlank = false;
  readonly #halves = new NumberColumn('UInt32', (length) => new Uint32Array(length));

  set(row: number, milliseconds: number): void {
    this.#halves.set(row * 2, milliseconds % 0x1_0000_0000);
    this.#halves.set(row * 2 + 1, Math.floor(milliseconds / 0x1_0000_0000));
  }

  truncate(rows: number): void {
    this.#halves.truncate(rows * 2);
  }

  clear(): void {
    this.#halves.clear();
  }

  encode(to: NativeWriter, rows: number): void {
    this.#halves.encode(to, rows * 2);
  }
}

/** Nullable(Float64): a map of nulls, then the values. */
export class NullableFloatColumn implements Column {
  readonly type = 'Nullable(Float64)';
  readonly #given = new NumberColumn('UInt8', (length) => new Uint8Array(length));
  readonly #values = new NumberColumn('Float64', (length) => new Float64Array(length));

  /** A given 0 is not blank. */
  get isBlank(): boolean {
    return this.#given.isBlank;
  }

  set(row: number, value: number | null): void {
    if (value === null) return;
    this.#given.set(row, 1);
    this.#values.set(row, value);
  }

  truncate(rows: number): void {
    this.#given.truncate(rows);
    this.#values.truncate(rows);
  }

  clear(): void {
    this.truncate(0);
  }

  encode(to: NativeWriter, rows: number): void {
    to.bytes(this.#given.values(rows).map((given) => 1 - given));
    this.#values.encode(to, rows);
  }
}

/** FixedString(n): raw hash bytes; a row that is never set stays all zeros. */
export class FixedColumn implements Column {
  readonly type: string;
  readonly width: number;
  #bytes: Uint8Array;
  /** Rows from here on are zeros. */
  #used = 0;

  constructor(width: number) {
    this.width = width;
    this.type = `FixedString(${width})`;
    this.#bytes = new Uint8Array(width * FIRST_ROWS);
  }

  #grow(rows: number): void {
    this.#bytes = grown(this.#bytes, rows * this.width, (length) => new Uint8Array(length));
  }

  /** Also true where all that was given has been dropped. */
  get isBlank(): boolean {
    return this.#used === 0;
  }

  /** The value's bytes, from `offset` of `source`; null and missing bytes are zeros. */
  set(row: number, source: Uint8Array | null, offset = 0): void {
    if (source === null) return;
    const { width } = this;
    const at = row * width;
    if (at >= this.#bytes.length) this.#grow(row + 1);
    const bytes = this.#bytes;
    // Faster than `set` for so few bytes; what lies beyond the source becomes 0.
    for (let index = 0; index < width; index++)
      bytes[at + index] = source[offset + index] as number;
    this.#used = row + 1;
  }

  truncate(rows: number): void {
    if (rows >= this.#used) return;
    this.#bytes.fill(0, rows * this.width, this.#used * this.width);
    this.#used = rows;
  }

  clear(): void {
    this.truncate(0);
  }

  encode(to: NativeWriter, rows: number): void {
    if (rows * this.width > this.#bytes.length) this.#grow(rows);
    to.bytes(this.#bytes.subarray(0, rows * this.width));
  }
}

/** String, of high cardinality. */
export class StringColumn implements Column {
  readonly type = 'String';
  #values: string[] = [];

  get isBlank(): boolean {
    return this.#values.length === 0;
  }

  set(row: number, text: string): void {
    if (text === '') return;
    while (this.#values.length < row) this.#values.push('');
    this.#values[row] = text;
  }

  truncate(rows: number): void {
    if (rows < this.#values.length) this.#values.length = rows;
  }

  clear(): void {
    this.#values = [];
  }

  encode(to: NativeWriter, rows: number): void {
    for (let row = 0; row < rows; row++) to.string(this.#values[row] ?? '');
  }
}
