import { expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { AllowedAddresses } from './allowed-addresses.ts';

const LISTS = new AllowedAddresses([
  { client: 'acme', addresses: ['203.0.113.77/25', '198.51.100.7', '2001:db8:1::/48'] },
  { client: 'acme', addresses: ['::ffff:10.1.0.0/112'] },
  { client: 'globex', addresses: ['203.0.113.0/24', '2001:db8:1:2::9'] },
  { client: 'anywhere', addresses: ['0.0.0.0/0'] },
]);

function judge(client: string, text: string): string {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return LISTS.judge(client, LISTS.clientsAt(address));
}

it.each([
  // Bits behind the prefix do not count, the last address of a block does, and the next one does not.
  ['acme', '203.0.113.0', 'inside'],
  ['acme', '203.0.113.127', 'inside'],
  ['acme', '203.0.113.128', 'outside'],
  ['acme', '198.51.100.7', 'inside'],
  ['acme', '198.51.100.6', 'outside'],
  // Of 48 bits half of the second word belongs to the block.
  ['acme', '2001:db8:1:ffff::1', 'inside'],
  ['acme', '2001:db8:2::1', 'outside'],
  // Mapped addresses are IPv4, in lists as in calls.
  ['acme', '10.1.255.255', 'inside'],
  ['acme', '::ffff:10.1.2.3', 'inside'],
  ['acme', '10.2.0.0', 'outside'],
  // What two lists hold is for both.
  ['globex', '203.0.113.128', 'inside'],
  ['globex', '203.0.113.1', 'inside'],
  ['globex', '2001:db8:1:2::9', 'inside'],
  ['globex', '2001:db8:1:2::8', 'outside'],
  ['anywhere', '255.255.255.255', 'inside'],
  ['anywhere', '0.0.0.1', 'inside'],
  ['anywhere', '2001:db8::1', 'outside'],
  ['nobody', '203.0.113.1', 'unasked'],
])('%s at %s: %s', (client, address, answer) => {
  expect(judge(client, address)).toBe(answer);
});

it('refuses what is no block', () => {
  expect(() => new AllowedAddresses([{ client: 'acme', addresses: ['10.0.0.0/33'] }])).toThrow(
    /10\.0\.0\.0\/33 is no address/,
  );
});
