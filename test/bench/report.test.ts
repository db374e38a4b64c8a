import { describe, expect, it } from 'vitest';
import type { Label } from '../simulation/attacks.ts';
import { causesAt } from '../simulation/causes.ts';
import { planWorld } from '../simulation/world.ts';
import { judgeLab } from './cloudtrail.ts';
import type { Lab } from './cloudtrail.ts';
import { causeTable, duration, falseTable, kindTable, summaryTable } from './report.ts';
import { score } from './score.ts';

const T0 = Date.UTC(2026, 8, 21);
const attack: Label = {
  ...{ attack: 0, kind: 'denied_scopes', tokenHash: 'a', client: 'acme', archetype: 'office' },
  ...{ rate: 10, first: T0 + 1000, last: T0 + 60_000, calls: 9 },
};
const result = score({ labels: [attack], from: T0, until: T0 + 86_400_000, tokens: 1000 }, [
  { openedAt: T0 + 31_000, tokenHash: 'a', client: 'acme', detections: ['scope.denied'] },
  { openedAt: T0 + 32_000, tokenHash: 'b', client: 'acme', detections: ['volume.surge'] },
]);

describe('the report', () => {
  it('says durations in the unit that reads best', () => {
    expect([null, 400, 61_000, 120_000, 7_200_000].map(duration)).toEqual([
      ...['–', '0 s', '61 s', '2 min', '2 h'],
    ]);
  });

  it('puts recall, delay and false incidents beside the targets', () => {
    const entries = [{ title: 'tokenwatch', score: result }];
    expect(kindTable(entries)).toMatch(/denied_scopes \(1\) +100% 30 s\/30 s/);
    expect(kindTable(entries)).toMatch(/replay \(0\) +–/);
    expect(summaryTable(entries)).toMatch(/tokenwatch +100% +100% +1\.00 +30 s \/ 30 s/);
    expect(summaryTable(entries)).toMatch(/target +≥ 70% +≥ 95% +≤ 1\.00 +≤ 60 s \/ 10 min/);
    expect(falseTable(result)).toMatch(/volume\.surge +1\.00/);
    const why = [{ causes: ['journey'], archetype: 'mobile', detections: ['volume.surge'] }];
    expect(causeTable(why, result)).toMatch(/volume\.surge \| mobile \| journey +1\.00/);
  });
});

describe('causes', () => {
  it('names a journey while it lasts, and nothing of an ordinary day', () => {
    const world = planWorld({ seed: 2, tokens: 600 });
    const token = world.tokens.find((one) => one.trips.length > 0 && one.lives.length === 1);
    const trip = token?.trips[0];
    const tokenHash = token?.lives[0]?.hash ?? '';
    expect(causesAt(world, { tokenHash, client: '' }, (trip?.from ?? 0) + 1)).toContain('journey');
    expect(causesAt(world, { tokenHash: 'unknown', client: '' }, T0)).toEqual([]);
  });
});

describe('the CloudTrail lab', () => {
  const step = { tokenHash: 'a', token: 'A', routes: ['/x'], first: T0, last: T0, calls: 1 };
  const lab: Lab = {
    ...{ from: T0, until: T0 + 1, calls: 1, tokens: 2, steps: [step], names: new Map() },
    attacked: new Set(['a']),
  };
  const at = (time: number, tokenHash: string) => ({
    ...{ at: time, tokenHash, client: '', detection: 'd' },
  });

  it('counts a step as noticed for ten minutes, on its own key', () => {
    expect(judgeLab(lab, [at(T0 + 1, 'a')]).steps[0]?.detections).toEqual(['d']);
    expect(judgeLab(lab, [at(T0 + 600_001, 'a')]).steps[0]?.detections).toEqual([]);
    const other = judgeLab(lab, [at(T0 + 1, 'b')]);
    expect([other.keysFound, other.elsewhere.length]).toEqual([0, 1]);
  });
});
