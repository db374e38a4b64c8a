import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { credentialOf } from './credential.ts';
import { resolveSettings } from './options.ts';

test('header, then query parameter, then the service itself', () => {
  const settings = resolveSettings({ pepper: 'x'.repeat(16), credential: () => 'from-a-cookie' });
  const request = (headers: Record<string, string>, url: string) =>
    ({ headers, url }) as unknown as IncomingMessage;
  const both = request({ 'x-api-key': 'key' }, '/p?access_token=query');
  expect(credentialOf(settings, both)?.raw).toBe('key');
  expect(credentialOf(settings, request({}, '/p?a=1&access_token=query'))?.raw).toBe('query');
  expect(credentialOf(settings, request({}, '/p'))?.raw).toBe('from-a-cookie');
});
