import { describe, expect, it } from 'vitest';
import { expectationOf } from './example.ts';
import { noticeSurge, withoutBusiest } from './surge-finding.ts';

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
