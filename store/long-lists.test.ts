import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { withLongLists } from './long-lists.ts';

const SQL = `SELECT groupArray(one) AS all, {list:Array(String)} = groupArray(one) AS same
  FROM (SELECT arrayJoin({list:Array(String)}) AS one)`;

describe('withLongLists', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  const echoed = async (list: string[]): Promise<{ all: string[]; same: number } | undefined> =>
    (await store.db.query<{ all: string[]; same: number }>(SQL, { list }))[0];

  it('hands over any texts as they are, however many', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom('', '\\', "'", '\t', '\n', '\\x1F', 'é', '😀'),
    );
    const lists = fc.array(text, { minLength: 1, maxLength: 3000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(lists, async (list) => {
        const legal = list.map((one) => Buffer.from(one, 'utf8').toString('utf8'));
        expect(await echoed(legal)).toEqual({ all: legal, same: 1 });
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('takes 20,000 token hashes, ten times what a parameter holds', async () => {
    const list = Array.from({ length: 20_000 }, (_, at) => at.toString(16).padStart(64, '0'));
    const rows = await store.db.query<{ n: number }>(
      `SELECT count() AS n FROM numbers(30000)
       WHERE leftPad(lower(hex(number)), 64, '0') IN {list:Array(String)}
         AND unhex(leftPad(lower(hex(number)), 64, '0')) IN (SELECT unhex(arrayJoin({list:Array(String)})))`,
      { list },
    );
    // `hex` of a number has an even number of digits, so all of them are met.
    expect(rows).toEqual([{ n: 20_000 }]);
  });

  it('takes no name that another parameter has', () => {
    const long = Array.from({ length: 2000 }, (_, at) => `value ${String(at)}`);
    const sql = 'SELECT {list:Array(String)}, {list_0:String}, {list_0_:UInt8}';
    const result = withLongLists(sql, { list: long, list_0: 'its own', list_0_: 3 });
    expect(result.params).toMatchObject({ list_0: 'its own', list_0_: 3 });
    expect(Object.keys(result.params)).toHaveLength(3);
    expect(result.params['list_0__']).toBe(long.join('\u001F'));
    expect(result.sql).toContain('{list_0__:String}');
  });

  it('leaves short lists and other parameters alone', () => {
    const params = { list: ['a', 'b'], at: 3, numbers: Array.from({ length: 99_999 }, () => 1) };
    expect(withLongLists(SQL, params)).toEqual({ sql: SQL, params });
  });
});
