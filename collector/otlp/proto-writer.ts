/** Bytes kept free for a length that is not known yet: protobuf accepts padded varints. */
const LENGTH_BYTES = 5;

/** Writes protobuf messages whose lengths are filled in afterwards. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(16 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    return at;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      const at = this.#room(1);
      this.#bytes[at] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    const at = this.#room(1);
    this.#bytes[at] = rest;
  }

  /** Begins a message field; give what it returns to {@link end}. */
  begin(field: number): number {
    this.#varint(field * 8 + 2);
    return this.#room(LENGTH_BYTES) + LENGTH_BYTES;
  }

  end(start: number): void {
    let length = this.#length - start;
    for (let index = LENGTH_BYTES; index > 1; index--) {
      this.#bytes[start - index] = (length & 0x7f) | 0x80;
      length >>>= 7;
    }
    this.#bytes[start - 1] = length;
  }

  /** Takes back what was written since the length was `length`. */
  rewind(length: number): void {
    this.#length = length;
  }

  uint(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(value);
  }

  /** A signed 64-bit integer in two's complement. */
  int(field: number, value: bigint): void {
    this.#varint(field * 8);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      const at = this.#room(1);
      this.#bytes[at] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    const at = this.#room(1);
    this.#bytes[at] = Number(rest);
  }

  fixed64(field: number, value: bigint): void {
    this.#varint(field * 8 + 1);
    const at = this.#room(8);
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  }

  double(field: number, value: number): void {
    this.#varint(field * 8 + 1);
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  string(field: number, value: string): void {
    this.bytes(field, Buffer.from(value, 'utf8'));
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }
}
