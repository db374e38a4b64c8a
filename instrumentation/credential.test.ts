import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { hashToken } from '../model/hash.ts';
import { credentialOf } from './credential.ts';
import { resolveSettings } from './options.ts';
import { addTokenHash } from './token-attributes.ts';

test('header, then query parameter, then the service itself', () => {
  const settings = resolveSettings({ pepper: 'x'.repeat(16), credential: () => 'from-a-cookie' });
  const request = (headers: Record<string, string>, url: string) =>
    ({ headers, url }) as unknown as IncomingMessage;
  const both = request({ 'x-api-key': 'key' }, '/p?access_token=query');
  expect(credentialOf(settings, both)?.raw).toBe('key');
  expect(credentialOf(settings, request({}, '/p?a=1&access_token=query'))?.raw).toBe('query');
  expect(credentialOf(settings, request({}, '/p'))?.raw).toBe('from-a-cookie');
});

test('while peppers rotate both hashes are said', () => {
  const [pepper, previousPepper] = ['n'.repeat(16), 'o'.repeat(16)];
  const attributes = {};
  addTokenHash(
    resolveSettings({ pepper, previousPepper }),
    { raw: 't', basicUser: '' },
    attributes,
  );
  expect(attributes).toEqual({
    'tokenwatch.token.hash': hashToken(pepper, 't'),
    'tokenwatch.token.previous_hash': hashToken(previousPepper, 't'),
  });
});
