import { expect, test } from 'vitest';
import { RouteCap } from './route-cap.ts';
import type { RouteKind } from './route-cap.ts';

const DAY = 86_400_000;
const bounds = (routes: number, services = 10, total = 100) => ({
  ...{ services, total },
  routes: { reported: routes, answered: routes, refused: routes },
});

test('admits so many routes a service, and begins anew with the day', () => {
  const cap = new RouteCap(bounds(2));
  expect(['/a', '/b', '/c', '/a'].map((route) => cap.admits('one', route, 'refused', 5))).toEqual([
    ...[true, true, false, true],
  ]);
  expect(cap.admits('two', '/c', 'refused', 5)).toBe(true);
  expect(cap.admits('one', '/c', 'refused', DAY)).toBe(true);
});

test('what is refused takes no room from what answers, nor paths from reported routes', () => {
  const cap = new RouteCap(bounds(1));
  const admits = (kind: RouteKind, route: string) => cap.admits('one', route, kind, 5);
  expect([admits('refused', '/a'), admits('refused', '/b')]).toEqual([true, false]);
  expect([admits('answered', '/b'), admits('answered', '/c')]).toEqual([true, false]);
  expect([admits('reported', '/c'), admits('reported', '/d')]).toEqual([true, false]);
});

test('services beyond the bound share what is left', () => {
  const cap = new RouteCap(bounds(2, 1));
  const calls = [
    ['one', '/a'],
    ['two', '/b'],
    ['three', '/c'],
    ['four', '/d'],
    ['one', '/e'],
  ] as const;
  expect(calls.map(([service, route]) => cap.admits(service, route, 'answered', 5))).toEqual([
    ...[true, true, true, false, true],
  ]);
});

test('a million distinct paths of a scanner, and all services together, stay within the bounds', () => {
  const cap = new RouteCap();
  let admitted = 0;
  for (let n = 0; n < 1_000_000; n++) {
    if (cap.admits('scanned', `/wp-${String(n)}`, 'refused', 5)) admitted++;
  }
  expect(admitted).toBe(500);
  for (let n = 0; n < 200_000; n++) {
    const service = `service-${String(n % 400)}`;
    if (cap.admits(service, `/r-${String(n)}`, 'reported', 5)) admitted++;
  }
  expect(admitted).toBe(100_000);
});
