/** A growing buffer for ClickHouse's Native format: little-endian, LEB128 lengths. */
export class NativeWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #room(bytes: number): number {
    const at = this.#length;
    const needed = at + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }

  varuint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      const at = this.#room(1);
      this.#buffer[at] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    const at = this.#room(1);
    this.#buffer[at] = rest;
  }

  /** An unsigned 64-bit integer up to 2^53. */
  uint64(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeUInt32LE(value % 0x1_0000_0000, at);
    this.#buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
  }

  /** UTF-8 with its length before it. */
  string(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.varuint(bytes);
    const at = this.#room(bytes);
    this.#buffer.write(text, at, 'utf8');
  }

  bytes(source: Uint8Array): void {
    const at = this.#room(source.length);
    this.#buffer.set(source, at);
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
