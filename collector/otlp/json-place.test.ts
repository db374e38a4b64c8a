import { expect, test } from 'vitest';
import { jsonMistakeAt } from './json-place.ts';

const WHOLE =
  '{"a": [1, -2.5e+3, 0, {"b\\u00e9\\n": null}, [], {}, "x\\"y"], "c": {"d": true, "e": false}}\n';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['{"a":}', 5],
  ['{"a":1 "b":2}', 7],
  ['[1,]', 3],
  ['{"a":1,}', 7],
  ["{'a':1}", 1],
  ['["a\tb"]', 3],
  ['["\\x"]', 2],
  ['hello', 0],
  ['[1] 2', 4],
  ['', 0],
  ['  ', 2],
  ['{"a": [1', 8],
  ['"abc', 4],
  ['[[[[]]', 6],
  ['{"a":tru}', 5],
])('%j stops being JSON at %i', (text, at) => {
  expect(jsonMistakeAt(text)).toBe(at);
});

test('agrees with JSON.parse on every text that is one change away from JSON', () => {
  expect(jsonMistakeAt(WHOLE)).toBe(-1);
  for (let at = 0; at < WHOLE.length; at++) {
    for (const other of ['', '"', '\\', '{', '}', '[', ']', ',', ':', '1', '.', ' ', 'e', '\t']) {
      for (const behind of [at, at + 1]) {
        const text = WHOLE.slice(0, at) + other + WHOLE.slice(behind);
        const found = jsonMistakeAt(text);
        expect([text, found === -1]).toEqual([text, isJson(text)]);
        expect(found).toBeLessThanOrEqual(text.length);
      }
    }
  }
});

test('a text nested a million deep is walked like any other', () => {
  expect(jsonMistakeAt('['.repeat(1_000_000))).toBe(1_000_000);
});
