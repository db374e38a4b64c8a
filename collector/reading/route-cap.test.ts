import { expect, test } from 'vitest';
import { RouteCap } from './route-cap.ts';

const DAY = 86_400_000;

test('admits so many routes a service, and begins anew with the day', () => {
  const cap = new RouteCap(2, 10);
  expect(['/a', '/b', '/c', '/a'].map((route) => cap.admits('one', route, 5))).toEqual([
    ...[true, true, false, true],
  ]);
  expect(cap.admits('two', '/c', 5)).toBe(true);
  expect(cap.admits('one', '/c', DAY)).toBe(true);
});

test('services beyond the bound share what is left', () => {
  const cap = new RouteCap(2, 1);
  const calls = [
    ['one', '/a'],
    ['two', '/b'],
    ['three', '/c'],
    ['four', '/d'],
    ['one', '/e'],
  ] as const;
  expect(calls.map(([service, route]) => cap.admits(service, route, 5))).toEqual([
    ...[true, true, true, false, true],
  ]);
});
