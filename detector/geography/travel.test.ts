import { expect, test } from 'vitest';

import { impossibleSwitches, pastSwitches, strangeSwitches } from './travel.ts';
import type { Stop } from './travel.ts';

const stops = (...countries: string[]): Stop[] =>
  countries.map((country, i) => ({ time: i * 60_000, country, relay: false }));

test('two regions that a client is known to call from in turns are no journey', () => {
  const switches = impossibleSwitches(stops('DE', 'SG', 'DE', 'SG'));
  expect(switches).toHaveLength(3);
  expect(strangeSwitches(switches, new Set(['DE-SG']))).toEqual([]);
});

test('a third country stays strange beside a known pair', () => {
  const switches = impossibleSwitches(stops('DE', 'SG', 'BR', 'DE'));
  const left = strangeSwitches(switches, new Set(['DE-SG']));
  expect(left.map((one) => `${one.from}>${one.to}`)).toEqual(['SG>BR', 'BR>DE']);
});

test('hours of known pairs say nothing of other switches', () => {
  const hours = [
    ['DE', 'SG'],
    ['SG', 'DE'],
    ['BR', 'DE'],
  ];
  expect(pastSwitches(hours, new Set())).toBe(6);
  expect(pastSwitches(hours, new Set(['DE-SG']))).toBe(2);
});
