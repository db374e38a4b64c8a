import { createHash, createHmac, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Purpose } from '../../model/hash.ts';
import { maskedKey } from '../../model/keyed-hmac.ts';

/** Longest message that is hashed here; for longer ones OpenSSL's speed outweighs its set-up. */
const MAX_MESSAGE = 240;
const BLOCK = 64;
/** Bytes of hashes that are allocated together. */
const POOL = 8192;

/** SHA-256's constants (FIPS 180-4): fractional parts of the cube roots of the first 64 primes. */
const K = Uint32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const INITIAL = Uint32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++) {
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  }
  return found;
}

function fraction(root: number): number {
  return (root - Math.floor(root)) * 0x1_0000_0000;
}

const W = new Int32Array(64);

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Puts a block of 64 bytes in front of the message schedule. */
function load(bytes: DataView, at: number): void {
  for (let i = 0; i < 16; i++) W[i] = bytes.getInt32(at + i * 4);
}

/** SHA-256's compression of the block that was loaded into the state. */
function compress(state: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15] as number;
    const y = W[i - 2] as number;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    W[i] = ((W[i - 16] as number) + s0 + (W[i - 7] as number) + s1) | 0;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (W[i] as number)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

/**
 * HMAC-SHA256 (RFC 2104) under one key, for short messages: the two key blocks are compressed once
 * and not with every message, which makes it several times faster than `createHmac`. The results
 * are those of `hashToken` and `pseudonym`; a test compares them.
 */
export class KeyedHash {
  /** Made once: given bytes, `createHmac` makes one each time, at six times the cost. */
  readonly #key: KeyObject;
  readonly #inner = Int32Array.from(INITIAL);
  readonly #outer = Int32Array.from(INITIAL);
  readonly #state = new Int32Array(8);
  readonly #message = Buffer.alloc(MAX_MESSAGE + BLOCK * 2);
  readonly #view = viewOf(this.#message);

  #pool = new DataView(new ArrayBuffer(POOL));
  #used = 0;

  constructor(key: string) {
    const bytes = Buffer.from(key, 'utf8');
    this.#key = createSecretKey(bytes);
    const block = bytes.length <= BLOCK ? bytes : createHash('sha256').update(bytes).digest();
    this.#begin(this.#inner, block, 0x36);
    this.#begin(this.#outer, block, 0x5c);
  }

  /** Compresses the masked key into a state. */
  #begin(state: Int32Array, key: Buffer, mask: number): void {
    const padded = maskedKey(key, mask);
    load(viewOf(padded), 0);
    compress(state);
    padded.fill(0);
  }

  /** The 32 bytes that `hashToken` gives in hex. */
  token(text: string): Uint8Array {
    return this.#hash('', text, 32);
  }

  /** The 16 bytes that `pseudonym` gives in hex. */
  pseudonym(purpose: Purpose, value: string): Uint8Array {
    return this.#hash(`${purpose}\0`, value, 16);
  }

  #hash(prefix: string, text: string, length: number): Uint8Array {
    if ((prefix.length + text.length) * 3 > MAX_MESSAGE) {
      const mac = createHmac('sha256', this.#key)
        .update(prefix + text, 'utf8')
        .digest();
      return new Uint8Array(mac.subarray(0, length));
    }
    const state = this.#state;
    const size = this.#write(prefix, text);
    state.set(this.#inner);
    this.#finish(size);
    // The outer message is one block: the inner digest, and padding that is always the same.
    W.set(state);
    W.fill(0, 8, 16);
    W[8] = 0x8000_0000;
    W[15] = (BLOCK + 32) * 8;
    state.set(this.#outer);
    compress(state);
    W.fill(0);
    return this.#digest(length);
  }

  /** Writes the message, which is nearly always ASCII; returns its bytes. */
  #write(prefix: string, text: string): number {
    const bytes: Uint8Array = this.#message;
    const from = prefix.length;
    for (let at = 0; at < from; at++) bytes[at] = prefix.charCodeAt(at);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return from + this.#message.write(text, from, 'utf8');
      bytes[from + at] = code;
    }
    return from + text.length;
  }

  /** The result, in a piece of a larger allocation: a typed array with memory of its own weighs twice as much. */
  #digest(length: number): Uint8Array {
    if (this.#used + length > POOL) {
      this.#pool = new DataView(new ArrayBuffer(POOL));
      this.#used = 0;
    }
    const pool = this.#pool;
    const from = this.#used;
    this.#used += length;
    for (let i = 0; i < length; i += 4) pool.setInt32(from + i, this.#state[i >> 2] as number);
    return new Uint8Array(pool.buffer, from, length);
  }

  /** Pads the message as SHA-256 does, counting the key's block before it, and compresses it. */
  #finish(size: number): void {
    const bytes: Uint8Array = this.#message;
    const end = Math.ceil((size + 9) / BLOCK) * BLOCK;
    bytes[size] = 0x80;
    this.#view.setInt32(end - 4, (size + BLOCK) * 8);
    for (let at = 0; at < end; at += BLOCK) {
      load(this.#view, at);
      compress(this.#state);
    }
    bytes.fill(0, 0, end);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
