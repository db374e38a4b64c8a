import { describe, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { WHOLE } from '../../config/shard.ts';
import { rangeOfShard } from '../../store/detection/shard.ts';
import { bindings } from './bindings.ts';
import { denials } from './denials.ts';
import { transport } from './transport.ts';
import { AT_ONCE, ROUND_MS, isTurnOf, partOf, turnsBetween, turnsFor } from './turns.ts';

describe('turns of the slow watches', () => {
  it('are one where few calls are looked at, and a bounded number where many are', () => {
    expect([0, 40_000, 40_001, 200_000, 1e9].map(turnsFor)).toEqual([1, 1, 2, 5, 20]);
  });

  it('come once in a round each, however often looks come', () => {
    for (const pace of [300, 1000, 1700, 4000]) {
      const seen: number[] = [];
      for (let at = 0; at + pace <= 40_000; at += pace) {
        seen.push(...turnsBetween(at, at + pace, 20).map((turn) => turn.index));
      }
      const whole = Math.floor(seen.length / 20) * 20;
      expect(new Set(seen.slice(0, 20)).size).toBe(20);
      expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
      expect(whole).toBeGreaterThanOrEqual(20);
    }
  });

  it('keep nothing that a compromised key shows for longer than a minute, by the default tick', () => {
    for (const watch of [...bindings, ...transport, ...denials])
      expect(watch.pace).not.toBe('rare');
    // While a round is divided anew, one turn may wait for two rounds.
    const tick = 1000 * detectorSchema.parse({}).tick_seconds;
    expect(2 * ROUND_MS + tick).toBeLessThan(60_000);
  });

  it('are all taken at once by a look that is as long as a round', () => {
    expect(turnsBetween(1000, 1000 + ROUND_MS, 20)).toEqual([AT_ONCE]);
    expect(turnsBetween(19_999, 20_000, 1)).toEqual([AT_ONCE]);
    expect(turnsBetween(20_000, 39_999, 1)).toEqual([]);
  });

  it('divide the tokens of a shard without a gap', () => {
    const shard = { index: 2, count: 3 };
    const parts = Array.from({ length: 20 }, (_, index) => partOf(shard, { index, of: 20 })).map(
      (part) => rangeOfShard(part ?? WHOLE),
    );
    const own = rangeOfShard(shard);
    expect(parts[0]?.first).toBe(own.first);
    expect(parts.at(-1)?.last).toBe(own.last);
    for (const [i, part] of parts.slice(1).entries()) {
      const before = BigInt(`0x${parts[i]?.last ?? ''}`);
      expect(BigInt(`0x${part.first}`) - before).toBe(1n);
    }
  });

  it('are given to the watches that cannot be divided, one after the other', () => {
    const of = 5;
    for (let place = 0; place < 12; place += 1) {
      const turns = [0, 1, 2, 3, 4].filter((index) => isTurnOf(place, { index, of }));
      expect(turns).toHaveLength(1);
      expect(isTurnOf(place, AT_ONCE)).toBe(true);
    }
  });
});
