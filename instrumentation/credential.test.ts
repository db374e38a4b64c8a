import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { readCredential } from '../collector/reading/credential.ts';
import { credentialOf, parseCredential } from './credential.ts';
import { resolveSettings } from './options.ts';

const AWS =
  'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/eu/s3/aws4_request, Signature=fe5f';

test.each([
  ['Bearer abc', 'abc'],
  ['bearer   abc ', 'abc'],
  ['DPoP abc', 'abc'],
  ['abc', 'abc'],
  [`Basic ${Buffer.from('me:pw').toString('base64')}`, 'bWU6cHc='],
  [AWS, 'AKIAIOSFODNN7EXAMPLE'],
  ['Digest username="x", nonce="y"', undefined],
  ['Negotiate YII=', undefined],
  ['', undefined],
])('%s', (header, raw) => {
  expect(parseCredential(header)?.raw).toBe(raw);
  // Services and collector must call the same thing the token, else it has two histories.
  expect(readCredential(header)?.token).toBe(raw);
});

test('header, then query parameter, then the service itself', () => {
  const settings = resolveSettings({ pepper: 'x'.repeat(16), credential: () => 'from-a-cookie' });
  const request = (headers: Record<string, string>, url: string) =>
    ({ headers, url }) as unknown as IncomingMessage;
  const both = request({ 'x-api-key': 'key' }, '/p?access_token=query');
  expect(credentialOf(settings, both)?.raw).toBe('key');
  expect(credentialOf(settings, request({}, '/p?a=1&access_token=query'))?.raw).toBe('query');
  expect(credentialOf(settings, request({}, '/p'))?.raw).toBe('from-a-cookie');
  expect(parseCredential(`Basic ${Buffer.from('me:pw').toString('base64')}`)?.basicUser).toBe('me');
});
