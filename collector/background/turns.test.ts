import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('one piece of work begins in each turn of the event loop, in the order in which they came', async () => {
  const turns = new Turns();
  const begun: number[] = [];
  const work = [1, 2, 3].map(async (each) => {
    await turns.next();
    begun.push(each);
  });
  await Promise.resolve();
  expect(begun).toEqual([1]);
  for (const expected of [2, 3]) {
    await turnOfTheLoop();
    expect(begun.at(-1)).toBe(expected);
    expect(begun).toHaveLength(expected);
  }
  await Promise.all(work);
  // And whoever comes to an idle collector later waits for nothing.
  await turnOfTheLoop();
  let isBegun = false;
  void turns.next().then(() => (isBegun = true));
  await Promise.resolve();
  expect(isBegun).toBe(true);
});
