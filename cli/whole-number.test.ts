import { describe, expect, it } from 'vitest';
import { wholeNumber } from './whole-number.ts';

describe('wholeNumber', () => {
  it('takes its bounds and what is between', () => {
    expect(['1', '7', '400'].map(wholeNumber(1, 400))).toEqual([1, 7, 400]);
  });

  it.each(['0', '401', '', ' ', '1.5', '1e2', '-1', '0x10', 'ten'])('refuses %j', (text) => {
    expect(() => wholeNumber(1, 400)(text)).toThrow('expected a whole number from 1 to 400');
  });
});
