import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { KeyedHash } from './keyed-hash.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('KeyedHash', () => {
  it('gives what the model gives, for any key and message', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 100 }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), text, (key, message) => {
        const hash = new KeyedHash(key);
        expect(hex(hash.token(message))).toBe(hashToken(key, message));
        expect(hex(hash.pseudonym('ip', message))).toBe(pseudonym(key, 'ip', message));
      }),
      { numRuns: 2000, seed: 20_261_122 },
    );
  });

  it('holds at every length around the edges of a block', () => {
    const hash = new KeyedHash('a pepper for tests only, 32 bytes');
    for (let length = 0; length < 260; length++) {
      const message = 'x'.repeat(length);
      expect(hex(hash.token(message))).toBe(
        hashToken('a pepper for tests only, 32 bytes', message),
      );
    }
  });
});
