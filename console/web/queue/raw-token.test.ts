import { expect, it } from 'vitest';
import { mayBeToken } from './raw-token.ts';

it.each([
  'Bearer abc',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  'sk_live_4eC39HqLyjWDarjtT1zdp7dc',
  '0af7651916cd43dd8448eb211c80319c',
  'dGhpcyBpcyBhIHRva2VuIDEyMw==',
  'e5f0c2d49c9b4f1e8f1b0a3c5d7e9f00aa',
])('takes %s for a token', (text) => {
  expect(mayBeToken(text)).toBe(true);
});

it.each([
  ...['northwind', 'geography.new-country', 'Far more calls than usual', 'payments:write', '7f3a'],
  ...[
    'blue-harbour-pay',
    'a'.repeat(64),
    '0123456789abcdef0123',
    'payments GET /v1/refunds/export',
  ],
])('takes %s for words or a hash', (text) => {
  expect(mayBeToken(text)).toBe(false);
});
