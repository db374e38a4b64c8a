import { expect, it } from 'vitest';
import { mostSuspicious } from './objects.ts';

const window = (tokenHash: string, served: number, denied: number, limit: number) => ({
  ...{ one: { tokenHash, served, denied }, limit },
});

it('of many enumerations those are told that are furthest beyond their tokens’ own habits', () => {
  const jobs = Array.from({ length: 300 }, (_, i) => window(`job ${String(i)}`, 5_000, 0, 4_800));
  const thief = window('thief', 34, 0, 30);
  const prober = window('prober', 0, 40, 30);
  const found = mostSuspicious([...jobs, prober, thief], 2);
  expect(found.map(({ one }) => one.tokenHash)).toEqual(['thief', 'job 0']);
  expect(mostSuspicious([prober, ...jobs.slice(0, 3)]).at(-1)).toBe(prober);
  expect(mostSuspicious(jobs)).toHaveLength(200);
});
