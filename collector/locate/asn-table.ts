import { readFileSync } from 'node:fs';
import type { NetworkKind } from '../../model/call.ts';
import type { Address } from './address.ts';
import { networkKindOf } from './network-kind.ts';

export interface Network {
  asn: number;
  kind: NetworkKind;
}

/** The answer for an address that nobody announces. */
export const NOWHERE: Network = { asn: 0, kind: 'unknown' };
const COMMA = 0x2c;
const LINE_END = 0x0a;
const COLON = 0x3a;
const ZERO = 0x30;

/** Reads an address up to the comma into a table; returns where the comma is. */
type AddressReader = (bytes: Uint8Array, at: number, into: Uint32Array, row: number) => number;

const readNumber: AddressReader = (bytes, at, into, row) => {
  let number = 0;
  let index = at;
  for (; index < bytes.length && bytes[index] !== COMMA; index++) {
    number = number * 10 + (bytes[index] ?? 0) - ZERO;
  }
  into[row] = number;
  return index;
};

/** The first 64 bits: no network is announced with less. `::` ends them, the rest is zeros. */
const readIpv6: AddressReader = (bytes, at, into, row) => {
  let group = 0;
  let count = 0;
  let index = at;
  let compressed = false;
  into[row] = 0;
  into[row + 1] = 0;
  for (; index < bytes.length && bytes[index] !== COMMA; index++) {
    const byte = bytes[index] ?? 0;
    if (byte !== COLON) {
      group = group * 16 + (byte <= 0x39 ? byte - ZERO : (byte | 0x20) - 0x57);
      continue;
    }
    if (!compressed && count < 4) place(into, row, count, group);
    compressed ||= bytes[index + 1] === COLON;
    count++;
    group = 0;
  }
  return index;
};

function place(into: Uint32Array, row: number, count: number, group: number): void {
  const at = row + (count >> 1);
  into[at] = (into[at] ?? 0) + (count % 2 === 0 ? group * 0x1_0000 : group);
}

/** Sorted ranges: `keys` numbers each for first and last address, and an index into the networks. */
interface Ranges {
  firsts: Uint32Array;
  lasts: Uint32Array;
  networks: Uint32Array;
  count: number;
  /** Of each beginning of 16 bits, the last range that begins before it: a search starts there. */
  starts: Uint32Array;
}

/** Which network an address belongs to, from the CSV files of `@ip-location-db/asn`. */
export class AsnTable {
  readonly #networks: Network[] = [];
  readonly #indexes = new Map<number, number>();
  readonly #v4: Ranges;
  readonly #v6: Ranges;

  /**
   * @param v4File lines `first,last,asn,name`, sorted, addresses as decimal numbers
   * @param v6File the same with IPv6 addresses in their usual text; ranges are compared by their first 64 bits
   * @throws Error when a file cannot be read
   */
  constructor(v4File: string, v6File: string) {
    this.#v4 = this.#load(v4File, 1, readNumber);
    this.#v6 = this.#load(v6File, 2, readIpv6);
  }

  get size(): number {
    return this.#v4.count + this.#v6.count;
  }

  find(address: Address): Network {
    const v6 = address.words.length > 1;
    const ranges = v6 ? this.#v6 : this.#v4;
    const keys = v6 ? 2 : 1;
    const beginning = (address.words[0] ?? 0) >>> 16;
    let low = ranges.starts[beginning] as number;
    let high = Math.min(ranges.starts[beginning + 1] as number, ranges.count - 1);
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (compare(address.words, ranges.firsts, middle, keys) < 0) high = middle - 1;
      else if (compare(address.words, ranges.lasts, middle, keys) > 0) low = middle + 1;
      else return this.#networks[ranges.networks[middle] ?? 0] ?? NOWHERE;
    }
    return NOWHERE;
  }

  #load(file: string, keys: number, read: AddressReader): Ranges {
    const bytes = readFileSync(file);
    let lines = 1;
    for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) lines++;
    const ranges: Ranges = {
      firsts: new Uint32Array(lines * keys),
      lasts: new Uint32Array(lines * keys),
      networks: new Uint32Array(lines),
      count: 0,
      starts: new Uint32Array(0x1_0001),
    };
    for (let at = 0; at < bytes.length;) {
      const found = bytes.indexOf(LINE_END, at);
      const end = found === -1 ? bytes.length : found;
      const row = ranges.count * keys;
      const second = read(bytes, at, ranges.firsts, row) + 1;
      const third = read(bytes, second, ranges.lasts, row) + 1;
      let asn = 0;
      let name = third;
      for (; name < end && bytes[name] !== COMMA; name++)
        asn = asn * 10 + (bytes[name] ?? 0) - ZERO;
      if (second < end && third < end && asn > 0) {
        ranges.networks[ranges.count++] = this.#network(asn, bytes, name + 1, end);
      }
      at = end + 1;
    }
    setStarts(ranges, keys);
    return ranges;
  }

  #network(asn: number, bytes: Buffer, nameAt: number, end: number): number {
    let index = this.#indexes.get(asn);
    if (index === undefined) {
      index = this.#networks.length;
      this.#networks.push({ asn, kind: networkKindOf(asn, bytes.toString('utf8', nameAt, end)) });
      this.#indexes.set(asn, index);
    }
    return index;
  }
}

function setStarts({ firsts, starts, count }: Ranges, keys: number): void {
  let row = 0;
  for (let beginning = 0; beginning < starts.length; beginning++) {
    while (row < count && (firsts[row * keys] as number) < beginning * 0x1_0000) row++;
    starts[beginning] = Math.max(0, row - 1);
  }
}

function compare(words: readonly number[], table: Uint32Array, row: number, keys: number): number {
  for (let key = 0; key < keys; key++) {
    const difference = (words[key] ?? 0) - (table[row * keys + key] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
