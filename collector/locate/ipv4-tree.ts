import type { Reader, Response } from 'maxmind';

const JUMP_BITS = 16;

/**
 * The IPv4 part of a MaxMind DB's search tree (MaxMind DB File Format 2.0), walked by number. The
 * library parses text and reads byte by byte, which costs several times as much.
 */
export class Ipv4Tree {
  readonly #bytes: Uint8Array;
  readonly #nodes: number;
  readonly #nodeBytes: number;
  /** Where each beginning of 16 bits leads to. */
  readonly #jumps = new Uint32Array(2 ** JUMP_BITS);

  /** @param bytes the file that the metadata is of */
  constructor(bytes: Uint8Array, metadata: Reader<Response>['metadata']) {
    this.#bytes = bytes;
    this.#nodes = metadata.nodeCount;
    this.#nodeBytes = metadata.nodeByteSize;
    let root = 0;
    // In a tree of IPv6 addresses IPv4 lies behind 96 zeros.
    for (let bit = metadata.ipVersion === 4 ? 96 : 0; bit < 96; bit++) root = this.#next(root, 0);
    for (let start = 0; start < this.#jumps.length; start++) {
      this.#jumps[start] = this.#walk(root, start, JUMP_BITS);
    }
  }

  /** What an address leads to: one number for each record of the data, or 0 for none. */
  find(address: number): number {
    const record = this.#walk(this.#jumps[address >>> JUMP_BITS] as number, address, JUMP_BITS);
    return record > this.#nodes ? record : 0;
  }

  /** Follows the last `bits` bits of a number, as far as there are nodes. */
  #walk(from: number, path: number, bits: number): number {
    let node = from;
    for (let bit = bits - 1; bit >= 0 && node < this.#nodes; bit--) {
      node = this.#next(node, (path >>> bit) & 1);
    }
    return node;
  }

  #next(node: number, side: number): number {
    if (node >= this.#nodes) return node;
    const bytes = this.#bytes;
    const at = node * this.#nodeBytes;
    // Records of 24, 28 or 32 bits; of 28 the middle byte holds the upper halves of both.
    const from = at + side * (this.#nodeBytes >> 1) + (this.#nodeBytes === 7 ? side : 0);
    const low =
      ((bytes[from] as number) << 16) |
      ((bytes[from + 1] as number) << 8) |
      (bytes[from + 2] as number);
    if (this.#nodeBytes === 6) return low;
    if (this.#nodeBytes === 8) return low * 256 + (bytes[from + 3] as number);
    const middle = bytes[at + 3] as number;
    return low + (side === 0 ? middle >> 4 : middle & 15) * 0x100_0000;
  }
}
