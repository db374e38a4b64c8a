import { expect, it } from 'vitest';
import type { Db } from '../../store/db.ts';
import { inStep } from './in-step.ts';

/** A store that answers with how often it was asked. */
function counting(): { db: Db; asked: () => number } {
  let asked = 0;
  const query = async <T>(): Promise<T[]> => {
    asked += 1;
    return Promise.resolve([{ asked, seen: [] }] as T[]);
  };
  return { db: { query } as unknown as Db, asked: () => asked };
}

interface Row {
  asked: number;
  seen: string[];
}

it('asks once what both want to know within a step, and gives each rows of its own', async () => {
  const { db, asked } = counting();
  const pair = inStep(db, async () => Promise.resolve());
  const run = async (name: string): Promise<Row[]> => {
    const rows: Row[] = [];
    for (let step = 0; step < 3; step += 1) {
      const [row] = await pair.db.query<Row>('SELECT {a:UInt8}', { a: 1 });
      row?.seen.push(name);
      if (row !== undefined) rows.push(row);
      await pair.meet();
    }
    pair.leave();
    return rows;
  };
  const [left, right] = await Promise.all([run('left'), run('right')]);
  expect(left).toEqual([1, 2, 3].map((n) => ({ asked: n, seen: ['left'] })));
  expect(right).toEqual([1, 2, 3].map((n) => ({ asked: n, seen: ['right'] })));
  expect(asked()).toBe(3);
});

it('other parameters and other settings are other questions', async () => {
  const { db, asked } = counting();
  const pair = inStep(db, async () => Promise.resolve());
  await pair.db.query('SELECT {a:UInt8}', { a: 1 });
  await pair.db.query('SELECT {a:UInt8}', { a: 2 });
  await pair.db.query('SELECT {a:UInt8}', { a: 1 }, { max_threads: 1 });
  expect(asked()).toBe(3);
});

it('nobody waits for a run that has ended; what goes wrong between steps ends both', async () => {
  const pair = inStep(counting().db, async () => Promise.resolve());
  const left = pair.meet();
  pair.leave();
  await left;
  await pair.meet();
  const cancelled = inStep(counting().db, async () => Promise.reject(new Error('cancelled')));
  const ends = await Promise.allSettled([cancelled.meet(), cancelled.meet()]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
