import { describe, expect, it } from 'vitest';
import { ExpectedKeys, slotOfName } from './key-table.ts';

const METHOD = 'http.request.method';
const STATUS = 'http.response.status_code';
const ROUTE = 'http.route';

/** The slots of each span's keys, read as they lie in one body. */
function slotsOf(keys: ExpectedKeys, spans: readonly (readonly string[])[]): number[][] {
  const bytes = Buffer.from(spans.flat().join(''));
  let at = 0;
  keys.forget();
  return spans.map((names) => {
    keys.begin();
    return names.map((name) => {
      const start = at;
      at += name.length;
      return keys.slotOf(bytes, start, at);
    });
  });
}

describe('ExpectedKeys', () => {
  it.each([
    ['in the same order', [METHOD, 'not.read', STATUS, ROUTE]],
    ['with one left out', [METHOD, STATUS, ROUTE]],
    ['with two left out', [METHOD, ROUTE]],
    ['with others between', [METHOD, 'url.path', 'not.read', 'x', STATUS, ROUTE]],
    ['of the same lengths', ['http.request.methof', 'not_read', STATUS, 'http.rOute']],
    ['in another order', [ROUTE, STATUS, METHOD, METHOD]],
    ['more than are remembered', [...Array.from({ length: 80 }, (_, at) => `key.${at}`), ROUTE]],
  ])('finds the keys of a span %s', (_, names) => {
    const first = [METHOD, 'not.read', STATUS, ROUTE];
    const spans = [first, names, names, first];
    expect(slotsOf(new ExpectedKeys(), spans)).toEqual(
      spans.map((span) => span.map((name) => slotOfName(name))),
    );
  });

  it('expects nothing of another body', () => {
    const keys = new ExpectedKeys();
    slotsOf(keys, [[METHOD, STATUS]]);
    const slots = slotsOf(keys, [['http.request.metho_', ROUTE]]);
    expect(slots).toEqual([[-1, slotOfName(ROUTE)]]);
  });
});
