/** Writes ClickHouse's RowBinary format: fixed-width values little endian, text with its length. */
export class RowBinary {
  #buffer: Buffer;
  #at = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(64, capacity));
  }

  /** What was written so far; valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  uint8(value: number): void {
    this.#room(1);
    this.#at = this.#buffer.writeUInt8(value, this.#at);
  }

  uint16(value: number): void {
    this.#room(2);
    this.#at = this.#buffer.writeUInt16LE(value, this.#at);
  }

  uint32(value: number): void {
    this.#room(4);
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }

  /** A whole number up to 2^53. */
  int64(value: number): void {
    this.uint32(value % 2 ** 32);
    this.uint32(Math.floor(value / 2 ** 32));
  }

  /** 16 bytes: three words big endian and 1, or all zero when the first word is 0. */
  words(a: number, b: number, c: number): void {
    this.#room(16);
    if (a === 0) {
      this.#buffer.fill(0, this.#at, this.#at + 16);
    } else {
      this.#buffer.writeUInt32BE(a, this.#at);
      this.#buffer.writeUInt32BE(b, this.#at + 4);
      this.#buffer.writeUInt32BE(c, this.#at + 8);
      this.#buffer.writeUInt32BE(1, this.#at + 12);
    }
    this.#at += 16;
  }

  hex(digits: string): void {
    this.raw(Buffer.from(digits, 'hex'));
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.#length(bytes.length);
    this.raw(bytes);
  }

  texts(values: readonly string[]): void {
    this.#length(values.length);
    for (const value of values) this.text(value);
  }

  raw(bytes: Buffer): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #length(value: number): void {
    let left = value;
    while (left >= 128) {
      this.uint8((left & 127) | 128);
      left >>>= 7;
    }
    this.uint8(left);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const next = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(next, 0, 0, this.#at);
    this.#buffer = next;
  }
}
