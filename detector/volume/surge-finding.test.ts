import { describe, expect, it } from 'vitest';
import { expectationOf } from './example.ts';
import {
  bitsByWindow,
  calendarBits,
  crossingOf,
  noticeSurge,
  withoutBusiest,
} from './surge-finding.ts';

const MINUTE = Date.UTC(2026, 10, 23, 10, 30);
const THRESHOLDS = [30, 30, 30, 30] as const;

describe('a client beside its busiest token', () => {
  const baseline = { expectation: expectationOf(200), move: 1, known: true };
  const whole = { minute: MINUTE, counts: [100, 500, 6000, 9000] as const };

  it('is quiet when one token makes up the rise', () => {
    expect(noticeSurge(whole, baseline, THRESHOLDS, 'a client')).not.toBeNull();
    const beside = withoutBusiest(whole, [98, 490, 5900, 8000]);
    expect(beside.counts).toEqual([2, 10, 100, 1000]);
    expect(noticeSurge(beside, baseline, THRESHOLDS, 'a client')).toBeNull();
  });

  it('says what the others did when several rise', () => {
    const beside = withoutBusiest(whole, [40, 200, 2500, 4000]);
    const noticed = noticeSurge(beside, baseline, THRESHOLDS, 'a client');
    expect(noticed?.explanation).toContain('by others than its busiest token');
    expect(noticed?.evidence.facts).toMatchObject({ calls_1_h: 3500 });
  });

  it('never counts less than nothing, as when calls come in between two questions', () => {
    const beside = withoutBusiest({ minute: MINUTE, counts: [1, 1, 1, 1] }, [2, 2, 2, 2]);
    expect(beside.counts).toEqual([0, 0, 0, 0]);
  });
});

describe('a token beside its busiest hours', () => {
  const expectation = expectationOf(0.5);
  const hours = { top: [400, 390, 380, 350, 340, 330], active: 30 };
  const plain = { expectation, move: 1, known: true };
  const nightly = { minute: MINUTE, counts: [28, 120, 390, 500] as const };

  it('is worth little for what it has done at another time', () => {
    const alone = bitsByWindow(nightly, plain);
    const beside = bitsByWindow(nightly, { ...plain, hours });
    expect(Math.min(...alone.slice(0, 3))).toBeGreaterThan(30);
    // One in its thirty-two hours, and six bits for the time.
    for (const w of [0, 1, 2]) expect(beside[w]).toBe(11);
    expect(noticeSurge(nightly, { ...plain, hours }, [30, 30, 30, 1e9], 'x')).toBeNull();
  });

  it('counts in full once its calendar is known', () => {
    const known = { ...hours, active: 200 };
    expect(bitsByWindow(nightly, { ...plain, hours: known })).toEqual(bitsByWindow(nightly, plain));
    const young = { ...plain, expectation: expectationOf(0.5, { ageHours: 200 }) };
    expect(bitsByWindow(nightly, { ...young, hours: known })[2]).toBeLessThan(14);
    expect(calendarBits({ ...young, hours: known }, MINUTE, 390)).toBe(12);
    expect(calendarBits({ ...plain, hours: known }, MINUTE, 390)).toBeGreaterThan(30);
  });

  it('says from how many calls on it is told', () => {
    const baseline = { ...plain, hours };
    const thresholds = [1e9, 1e9, 15, 1e9] as const;
    const window = { minute: MINUTE, counts: [900, 950, 1300, 1400] as const };
    const noticed = noticeSurge(window, baseline, thresholds, 'x');
    const quiet = noticed?.evidence.threshold ?? 0;
    const at = (calls: number) => ({ minute: MINUTE, counts: [900, 950, calls, 1400] as const });
    expect(noticeSurge(at(quiet), baseline, thresholds, 'x')).toBeNull();
    expect(noticeSurge(at(quiet + 1), baseline, thresholds, 'x')).not.toBeNull();
    expect(crossingOf(window, baseline, thresholds)).toBe(quiet + 1 - 400);
  });

  it('has no usual day before it has had three', () => {
    const young = { expectation: expectationOf(0.5, { ageHours: 40 }), move: 1, known: true };
    const window = { minute: MINUTE, counts: [1, 2, 10, 900] as const };
    expect(bitsByWindow(window, young)[3]).toBeGreaterThan(10);
    expect(bitsByWindow(window, { ...young, hours })[3]).toBe(0);
  });
});
