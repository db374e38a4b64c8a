import { describe, expect, it } from 'vitest';
import type { AttackKind, Label } from '../simulation/attacks.ts';
import { DAY, HOUR } from '../simulation/calendar.ts';
import { foldAlarms, quantile, score } from './score.ts';
import type { Ground, OpenedIncident } from './score.ts';

const T0 = Date.UTC(2026, 8, 21);
const MINUTE = 60_000;

function label(attack: number, kind: AttackKind, tokenHash: string, first: number): Label {
  return {
    ...{ attack, kind, tokenHash, client: 'acme', archetype: 'office', rate: 100, calls: 10 },
    ...{ first, last: first + 2 * HOUR },
  };
}

function opened(openedAt: number, tokenHash: string, detection = 'd', client = ''): OpenedIncident {
  return { openedAt, tokenHash, client, detections: [detection] };
}

function ground(labels: Label[]): Ground {
  return { labels, from: T0, until: T0 + 10 * DAY, tokens: 500 };
}

describe('folding alarms', () => {
  const alarm = (at: number, tokenHash: string, detection = 'd') => ({
    ...{ at, tokenHash, detection, client: 'acme' },
  });

  it('joins what follows within six hours on one token', () => {
    const incidents = foldAlarms([
      ...[alarm(T0 + 11 * HOUR, 'a', 'e'), alarm(T0, 'a'), alarm(T0 + 5.5 * HOUR, 'a')],
      ...[alarm(T0 + 18 * HOUR, 'a'), alarm(T0 + HOUR, 'b')],
    ]);
    expect(incidents.map((i) => [i.tokenHash, i.openedAt - T0])).toEqual([
      ['a', 0],
      ['b', HOUR],
      ['a', 18 * HOUR],
    ]);
    expect(incidents[0]?.detections).toEqual(['d', 'e']);
  });

  it('keeps clients apart from each other', () => {
    const on = (client: string) => ({ at: T0, tokenHash: '', client, detection: 'd' });
    expect(foldAlarms([on('acme'), on('globex'), on('acme')])).toHaveLength(2);
  });
});

describe('scoring', () => {
  it('takes the first incident within the attack and its grace', () => {
    const attack = label(0, 'new_country', 'a', T0 + DAY);
    const result = score(ground([attack]), [
      opened(T0 + DAY + 5 * MINUTE, 'a'),
      opened(T0 + DAY + 2.5 * HOUR, 'a'),
    ]);
    expect(result.kinds.new_country).toEqual({
      ...{ attacks: 1, detected: 1, recall: 1, median: 5 * MINUTE, p90: 5 * MINUTE },
    });
    expect(result.falseIncidents).toBe(0);
    expect(result.missed).toEqual([]);
  });

  it('counts what is early, late or on another token as false', () => {
    const attack = label(0, 'new_country', 'a', T0 + DAY);
    const result = score(ground([attack]), [
      opened(T0 + DAY - 1, 'a', 'early'),
      opened(T0 + DAY + 3 * HOUR + 1, 'a', 'late'),
      opened(T0 + DAY + 1, 'b', 'other'),
    ]);
    expect(result.overt.recall).toBe(0);
    expect(result.missed).toEqual([0]);
    // Three in ten days of 500 tokens.
    expect(result.falseRate).toBeCloseTo(0.6);
    expect(result.falseByDetection['late']).toBeCloseTo(0.2);
    expect(result.falseOnes).toEqual([0, 1, 2]);
  });

  it('gives slow kinds a day of grace', () => {
    const attack = label(0, 'slow_drip', 'a', T0 + DAY);
    const result = score(ground([attack]), [opened(T0 + DAY + 20 * HOUR, 'a')]);
    expect(result.all.recall).toBe(1);
    expect(result.overt.attacks).toBe(0);
  });

  it('accepts an incident on the client of the attacked token', () => {
    const attack = label(0, 'exfil_10x', 'a', T0 + DAY);
    const on = (client: string): OpenedIncident => opened(T0 + DAY + HOUR, '', 'd', client);
    expect(score(ground([attack]), [on('acme')]).all.recall).toBe(1);
    expect(score(ground([attack]), [on('globex')]).all.recall).toBe(0);
  });

  it('leaves out what lies outside the judged time', () => {
    const result = score(ground([]), [opened(T0 - 1, 'a'), opened(T0 + 10 * DAY, 'a')]);
    expect([result.incidents, result.falseRate]).toEqual([0, 0]);
    expect(result.all.median).toBeNull();
  });

  it('takes quantiles by nearest rank', () => {
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.5)).toBe(5);
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9);
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile([], 0.5)).toBeNull();
  });
});
