/** Protobuf's wire types. */
export const WIRE = { varint: 0, fixed64: 1, length: 2, startGroup: 3, endGroup: 4, fixed32: 5 };

/**
 * Walks protobuf bytes without copying. After the first thing that cannot be read, `problem` says
 * what, `problemAt` where, and every loop over fields ends: outcomes are data, and a hot loop
 * stays free of exceptions.
 */
export class Wire {
  bytes: Uint8Array = new Uint8Array(0);
  pos = 0;
  problem: string | null = null;
  problemAt = 0;
  /** The low 32 bits, signed, of the varint read last: what an int32 or an enum is. */
  low = 0;
  /** Of the tag read last. */
  field = 0;
  wireType = 0;

  hasFailed(): boolean {
    return this.problem !== null;
  }

  start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.pos = 0;
    this.problem = null;
  }

  fail(problem: string, at: number): void {
    this.problem ??= problem;
    this.problemAt = at;
    this.pos = this.bytes.length;
  }

  /** A varint of at most 64 bits as a number; what lies above 2^53 loses its low bits. */
  varint(end: number): number {
    const { bytes } = this;
    const from = this.pos;
    let pos = from;
    if (pos < end) {
      const first = bytes[pos] ?? 0;
      if (first < 0x80) {
        this.pos = pos + 1;
        this.low = first;
        return first;
      }
    }
    let value = 0;
    let factor = 1;
    let low = 0;
    while (pos < end && pos - from < 10) {
      const shift = (pos - from) * 7;
      const byte = bytes[pos++] ?? 0;
      if (shift < 32) low |= (byte & 0x7f) << shift;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) {
        this.pos = pos;
        this.low = low;
        return value;
      }
    }
    this.fail(pos - from === 10 ? 'a varint of more than 10 bytes' : 'a truncated varint', from);
    return 0;
  }

  /** Reads a tag into `field` and `wireType`; false at the end of the message or on a problem. */
  tag(end: number): boolean {
    if (this.pos >= end || this.hasFailed()) return false;
    const from = this.pos;
    const tag = this.varint(end);
    this.field = Math.floor(tag / 8);
    this.wireType = tag & 7;
    if (this.hasFailed()) return false;
    if (this.field === 0 || this.field > 0x1fff_ffff) {
      this.fail('a field number out of range', from);
      return false;
    }
    return true;
  }

  /** Reads a length and returns the end of what it spans; `pos` is its beginning. */
  span(end: number): number {
    const from = this.pos;
    const length = this.varint(end);
    if (length > end - this.pos) {
      this.fail(`a length of ${length} that runs past its message`, from);
      return this.pos;
    }
    return this.pos + length;
  }

  #fixed(size: number, end: number): void {
    if (this.pos + size > end) this.fail(`a truncated fixed${size * 8}`, this.pos);
    else this.pos += size;
  }

  /** Skips the value of the tag read last. */
  skip(end: number): void {
    const { wireType } = this;
    if (wireType === WIRE.length) this.pos = this.span(end);
    else if (wireType === WIRE.varint) this.varint(end);
    else if (wireType === WIRE.fixed64) this.#fixed(8, end);
    else if (wireType === WIRE.fixed32) this.#fixed(4, end);
    else if (wireType === WIRE.startGroup) this.#skipGroup(end);
    else this.fail(`an unexpected wire type ${wireType}`, this.pos);
  }

  /** Groups are long deprecated, but a field we do not know may hold one; depth costs no stack. */
  #skipGroup(end: number): void {
    const from = this.pos;
    let depth = 1;
    while (depth > 0 && this.tag(end)) {
      if (this.wireType === WIRE.startGroup) depth++;
      else if (this.wireType === WIRE.endGroup) depth--;
      else this.skip(end);
    }
    if (depth > 0) this.fail('a group without an end', from);
  }
}
