import { expect, test } from 'vitest';
import { maskText, maskUrl } from './mask.ts';

test.each([
  ['paid with 4111 1111 1111 1111 today', 'paid with [card] today'],
  ['5500-0055-5555-5559', '[card]'],
  ['4111111111111112', '4111111111111112'],
  ['at 1700000000000 ms', 'at 1700000000000 ms'],
  ['order 99999999999999999999999999', 'order 99999999999999999999999999'],
  ['from a.b+c@mail.example.org.', 'from [mail].'],
  ['a%40b.de', '[mail]'],
  ['not a mail: @home', 'not a mail: @home'],
  ['eyJhbGciOi.eyJzdWIi.abc-_', '[token]'],
  ['authorization was Bearer abc.def-123', 'authorization was Bearer [token]'],
  ['/accounts/:id', '/accounts/:id'],
])('%s → %s', (text, masked) => {
  expect(maskText(text)).toBe(masked);
});

test.each([
  ['access_token=abc&x=1', 'access_token=[redacted]&x=1'],
  ['https://h/p?x=1&API-Key=abc#f', 'https://h/p?x=1&API-Key=[redacted]#f'],
  ['https://user:pw@host/p', 'https://[redacted]@host/p'],
  ['?monkey=1&keyed=2', '?monkey=1&keyed=2'],
  ['/p?code=1;sig=2', '/p?code=[redacted]'],
])('%s → %s', (url, masked) => {
  expect(maskUrl(url)).toBe(masked);
});

test('long hostile texts take no time', () => {
  const start = performance.now();
  for (const piece of ['a.', 'a@', '4 ', 'eyJ.', 'token=', 'Bearer '])
    maskUrl(piece.repeat(20_000));
  expect(performance.now() - start).toBeLessThan(500);
});
