import { expect, test } from 'vitest';
import { parseCredential } from './credential.ts';

const AWS =
  'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/eu/s3/aws4_request, Signature=fe5f';

test.each([
  ['Bearer abc', 'abc'],
  ['bearer   abc ', 'abc'],
  ['DPoP abc', 'abc'],
  [' abc', 'abc'],
  [`Basic ${Buffer.from('me:pw').toString('base64')}`, 'bWU6cHc='],
  [AWS, 'AKIAIOSFODNN7EXAMPLE'],
  ['Digest username="x", nonce="y"', undefined],
  ['Negotiate YII=', undefined],
  ['[REDACTED]', undefined],
  ['Bearer ****', undefined],
  ['', undefined],
])('%s', (header, raw) => {
  expect(parseCredential(header)?.raw).toBe(raw);
});

test('HTTP Basic names its user', () => {
  expect(parseCredential(`Basic ${Buffer.from('me:pw').toString('base64')}`)?.basicUser).toBe('me');
  expect(parseCredential('Basic rubbish')?.basicUser).toBe('');
});
