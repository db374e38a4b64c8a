import { describe, expect, it } from 'vitest';
import type { Progress } from '../../store/detection/progress.ts';
import { parseShard, shardOf } from '../../config/shard.ts';
import { neighboursOf, noticeSilent } from './neighbours.ts';
import { placeOf } from './place.ts';

const at = (shard: string, cursor: number, written = cursor): Progress => ({
  ...{ shard: shardOf(shard), cursor, at: written },
});
const place = (shard: string, ...progress: Progress[]): number =>
  placeOf(shardOf(shard), progress, 7);

describe('the place where a shard goes on', () => {
  it('is its own, and at first the beginning', () => {
    expect(place('1/1')).toBe(7);
    expect(place('1/1', at('1/1', 50))).toBe(50);
    expect(place('2/4', at('1/4', 80), at('2/4', 50), at('3/4', 20))).toBe(50);
    expect(place('1/2', at('2/2', 50))).toBe(7);
  });

  it('is that of the slowest of the shards that had its tokens before', () => {
    expect([place('1/2', at('1/1', 50)), place('2/2', at('1/1', 50))]).toEqual([50, 50]);
    expect(place('1/1', at('1/2', 50), at('2/2', 40))).toBe(40);
    const four = [at('1/4', 10), at('2/4', 20), at('3/4', 30), at('4/4', 40)];
    expect(place('1/3', ...four)).toBe(10);
    expect(place('2/3', ...four)).toBe(20);
    expect(place('3/3', ...four)).toBe(30);
    // One of them never looked: nobody had its tokens.
    expect(place('1/1', at('1/2', 50))).toBe(7);
  });

  it('is not that of a layout of long ago', () => {
    const old = [at('1/2', 10), at('2/2', 11)];
    const later = [at('1/4', 100), at('2/4', 90), at('3/4', 80), at('4/4', 70)];
    expect(place('1/2', ...old, ...later)).toBe(90);
    expect(place('2/2', ...old, ...later)).toBe(70);
    expect(place('1/1', at('1/1', 5), ...old, ...later)).toBe(70);
  });

  it('agrees for up to 64 shards with every key by itself', () => {
    const layouts = [1, 2, 3, 5, 64];
    const progress = layouts.flatMap((count, l) =>
      Array.from({ length: count }, (_, i) =>
        at(`${String(i + 1)}/${String(count)}`, 100 + ((i * 37 + l * 11) % 50)),
      ),
    );
    const most = (key: number): number =>
      Math.max(
        ...progress
          .filter(({ shard: { index, count } }) => {
            const edge = (i: number): number => Math.floor((i * 65_536) / count);
            return key >= edge(index - 1) && key < edge(index);
          })
          .map(({ cursor }) => cursor),
      );
    for (const [index, count] of [
      [2, 7],
      [1, 4],
      [13, 13],
    ] as const) {
      let least = Infinity;
      const edge = (i: number): number => Math.floor((i * 65_536) / count);
      for (let key = edge(index - 1); key < edge(index); key += 1)
        least = Math.min(least, most(key));
      expect(placeOf({ index, count }, progress, 0)).toBe(least);
    }
  });
});

describe('neighbours', () => {
  const MINUTE = 60_000;
  const said = (own: string, now: number, ...progress: Progress[]): string[] =>
    noticeSilent(shardOf(own), neighboursOf(shardOf(own), progress, 0), now).map(
      ({ entity }) => entity.name ?? '',
    );

  it('say that a shard is silent: one of them, the next that looks', () => {
    const now = 10 * MINUTE;
    const all = [at('1/4', now), at('2/4', now), at('3/4', 5 * MINUTE), at('4/4', now)];
    expect(['1/4', '2/4', '4/4'].map((own) => said(own, now, ...all))).toEqual([
      ...[[], []],
      ['detector 3/4'],
    ]);
    const two = [at('1/4', now), at('2/4', now), at('3/4', 5 * MINUTE), at('4/4', 1)];
    expect(['1/4', '2/4'].map((own) => said(own, now, ...two))).toEqual([
      ['detector 3/4', 'detector 4/4'],
      [],
    ]);
    expect(said('1/1', now, at('1/1', 0))).toEqual([]);
  });

  it('wait for those that have not begun, and know no other layout', () => {
    expect(said('2/2', 2 * MINUTE, at('1/1', 0))).toEqual([]);
    expect(said('2/2', 4 * MINUTE, at('1/1', 4 * MINUTE))).toEqual(['detector 1/2']);
  });

  it('say the same of the same silence', () => {
    const one = (now: number): unknown =>
      noticeSilent(shardOf('1/2'), neighboursOf(shardOf('1/2'), [at('2/2', 5)], 0), now)[0]?.moment;
    expect(one(9 * MINUTE)).toBe(one(50 * MINUTE));
  });
});

it.each(['0/2', '3/2', '1/65', '65/65', 'a/b', '1', '1/2/3', '01/2', '1/0', '', ' 1/2', '1/2 '])(
  '%j is no shard',
  (text) => {
    expect(parseShard(text)).toBeNull();
  },
);
