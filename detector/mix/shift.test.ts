import { describe, expect, it } from 'vitest';
import type { MixPast } from '../../store/detection/mixes.ts';
import {
  correlationOf,
  fetchingBits,
  fewestToShift,
  shareBits,
  shiftOf,
  shiftedSince,
  usualShareOf,
} from './shift.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 12);

/** A past out of hours, each the calls by route: the sums, slowly. */
function pastOf(hours: readonly Record<string, number>[], firstSeen = 0): MixPast {
  const all = hours.map((hour) => Object.values(hour).reduce((sum, n) => sum + n, 0));
  const names = [...new Set(hours.flatMap((hour) => Object.keys(hour)))];
  const sum = (of: (hour: Record<string, number>, n: number) => number): number =>
    hours.reduce((total, hour, i) => total + of(hour, all[i] ?? 0), 0);
  return {
    ...{ active: hours.length, calls: sum((_, n) => n), squares: sum((_, n) => n * n) },
    routes: names.map((route) => ({
      ...{ route, firstSeen, calls: sum((hour) => hour[route] ?? 0) },
      squares: sum((hour) => (hour[route] ?? 0) ** 2),
      products: sum((hour, n) => (hour[route] ?? 0) * n),
    })),
  };
}

/** The window that ends now. */
function now(routes: Record<string, number>) {
  const calls = Object.values(routes).reduce((sum, n) => sum + n, 0);
  return { minute: NOW, calls, routes: new Map(Object.entries(routes)) };
}

const repeat = <T>(times: number, of: (i: number) => T): T[] =>
  Array.from({ length: times }, (_, i) => of(i));
/** A tenth of the calls, hour for hour, and by turns all or nothing of them. */
const even = pastOf(repeat(300, () => ({ a: 36, b: 4 })));
const turns = pastOf(repeat(300, (i) => (i % 10 === 0 ? { b: 40 } : { a: 40 })));

describe('the shift of the mix', () => {
  it('tells the share of a route, and how calls of an hour belong together', () => {
    const [, even1] = even.routes;
    const turns1 = turns.routes.find((one) => one.route === 'b');
    if (even1 === undefined || turns1 === undefined) throw new Error('no route');
    expect(usualShareOf(even1, even)).toBeCloseTo(0.1, 2);
    expect(usualShareOf(turns1, turns)).toBeCloseTo(0.1, 2);
    // The least that is believed, and the most.
    expect(correlationOf(even1, even)).toBe(0.005);
    expect(correlationOf(turns1, turns)).toBe(0.6);
  });

  it('is found where hours are alike, and expected where they are all or nothing', () => {
    const seen = now({ a: 20, b: 60 });
    expect(shiftOf(seen, even)).toMatchObject({ route: 'b', calls: 60, of: 80 });
    expect(shiftOf(seen, even)?.bits).toBeGreaterThan(60);
    expect(shiftOf(now({ b: 80 }), turns)?.bits ?? 0).toBeLessThan(8);
    expect(shiftOf(now({ a: 72, b: 8 }), even)?.bits ?? 0).toBeLessThan(2);
  });

  it('leaves out routes that are new, which a release brings, and counts their calls', () => {
    const released = {
      ...even,
      routes: even.routes.map((one) => ({ ...one, firstSeen: NOW - HOUR })),
    };
    expect(shiftOf(now({ a: 20, b: 60 }), released)).toBeNull();
    // Half of all calls went over to a new route: the other half is what it was.
    const moved = shiftOf(now({ a: 40, 'v2/a': 36, b: 4 }), even);
    expect(moved?.bits ?? 0).toBeLessThan(1);
  });

  it('says nothing of few calls, is believed less of a short history, and never is no number', () => {
    const [, route] = even.routes;
    if (route === undefined) throw new Error('no route');
    expect(shareBits(7, 12, route, even)).toBe(0);
    expect(shareBits(8, 11, route, even)).toBe(0);
    const young = pastOf(repeat(3, () => ({ a: 36, b: 4 })));
    const [, same] = young.routes;
    if (same === undefined) throw new Error('no route');
    expect(shareBits(30, 40, same, young)).toBeLessThan(shareBits(30, 40, route, even) / 2);
    for (const [calls, of] of [
      [8, 12],
      [1e6, 1e6],
      [0, 0],
      [12, 8],
    ] as const) {
      for (const past of [even, turns, young, pastOf([{ a: 1 }])]) {
        const one = past.routes[0];
        if (one !== undefined) expect(shareBits(calls, of, one, past)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('says since when a route has had more than its share', () => {
    const rows = [
      ...repeat(40, (i) => ({ minute: 100 + i, route: 'a', calls: 9 })),
      ...repeat(40, (i) => ({ minute: 100 + i, route: 'b', calls: 1 })),
      ...repeat(8, (i) => ({ minute: 132 + i, route: 'b', calls: 7 })),
    ].sort((one, other) => one.minute - other.minute);
    const shift = shiftOf(now({ a: 360, b: 96 }), even);
    if (shift === null) throw new Error('not found');
    expect(shiftedSince(rows, shift)).toBe(132);
    expect(shiftedSince([], shift)).toBe(0);
  });

  it('names the fewest calls that would have been enough', () => {
    const shift = shiftOf(now({ a: 20, b: 60 }), even);
    const [, route] = even.routes;
    if (shift === null || route === undefined) throw new Error('not found');
    const fewest = fewestToShift(shift, { past: even }, 26);
    expect(shareBits(fewest, 20 + fewest, route, even)).toBeGreaterThan(26);
    expect(shareBits(fewest - 1, 19 + fewest, route, even)).toBeLessThanOrEqual(26);
  });

  it('adds the surprise of the volume, up to a bound, and only to a share that surprises', () => {
    expect(fetchingBits(3.9, 30)).toBe(0);
    expect(fetchingBits(10, 5)).toBe(15);
    expect(fetchingBits(10, 100)).toBe(22);
    // With the volume counted in, fewer calls suffice; the volume shrinks with them.
    const shift = shiftOf(now({ a: 20, b: 60 }), even);
    if (shift === null) throw new Error('not found');
    const alone = fewestToShift(shift, { past: even }, 26);
    const beside = fewestToShift(shift, { past: even, volumeBits: () => 8 }, 26);
    expect(beside).toBeLessThan(alone);
    const shrinking = (fewer: number): number => Math.max(0, 8 - fewer / 4);
    const between = fewestToShift(shift, { past: even, volumeBits: shrinking }, 26);
    expect(between).toBeGreaterThan(beside);
    expect(between).toBeLessThanOrEqual(alone);
  });
});
