import crypto from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashToken, pseudonym } from './hash.ts';
import { keyedHmac } from './keyed-hmac.ts';

const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.integer({ min: 4000, max: 4200 }).map((length) => 'é'.repeat(length)),
);
const key = fc.oneof(fc.string({ minLength: 1, maxLength: 200 }), fc.constant('k'.repeat(64)));

function property(): void {
  fc.assert(
    fc.property(key, fc.array(text, { minLength: 1, maxLength: 4 }), (pepper, texts) => {
      const hmac = keyedHmac(pepper);
      for (const one of texts) {
        const expected = crypto.createHmac('sha256', pepper).update(one, 'utf8').digest('hex');
        expect(hmac(one)).toBe(expected);
      }
    }),
    { numRuns: 300, seed: 20_261_123 },
  );
}

describe('keyedHmac', () => {
  it('gives what createHmac gives, one text after another', property);

  it('does so where Node has no hash in one call', () => {
    const { hash } = crypto;
    Reflect.set(crypto, 'hash', undefined);
    try {
      property();
    } finally {
      Reflect.set(crypto, 'hash', hash);
    }
  });

  it('is a pepper, from text or bytes', () => {
    const pepper = 'a-pepper-of-the-test-installation';
    for (const hmac of [keyedHmac(pepper), keyedHmac(Buffer.from(pepper))]) {
      expect(hashToken(hmac, 'token')).toBe(hashToken(pepper, 'token'));
      expect(pseudonym(hmac, 'ip', '::1')).toBe(pseudonym(pepper, 'ip', '::1'));
    }
  });
});
