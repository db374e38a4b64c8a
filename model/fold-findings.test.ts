import { describe, expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import { foldFindings } from './fold-findings.ts';
import { hashToken } from './hash.ts';

const HOUR = 3_600_000;
const RULES = { mergeWithin: 6 * HOUR };

function finding(id: string, token: string, hours: number, bits = 20): Finding {
  const at = Date.UTC(2026, 0, 1) + hours * HOUR;
  return {
    ...{ id, detection: 'scope.first-use', family: 'scope', title: 'first use', severity: 'high' },
    ...{ score: 60, bits, entity: 'token', tokenHash: hashToken('p'.repeat(16), token) },
    ...{ clientId: 'acme', service: 'api', environment: 'production', calls: 1 },
    ...{ windowStart: at, windowEnd: at + 1, firstCallAt: at, detectedAt: at },
    ...{ explanation: 'because', evidence: { seen: 1 } },
  };
}

describe('foldFindings', () => {
  it('folds findings on one token that follow each other within the merge time', () => {
    const incidents = foldFindings(
      [finding('a', 't1', 0), finding('b', 't2', 1), finding('c', 't1', 5), finding('d', 't1', 10)],
      RULES,
    );
    expect(incidents.map((one) => one.findings.map((f) => f.id))).toEqual([['a', 'c', 'd'], ['b']]);
  });

  it('opens another incident after a quiet time, with another id', () => {
    const incidents = foldFindings([finding('a', 't1', 0), finding('b', 't1', 7)], RULES);
    expect(incidents).toHaveLength(2);
    expect(new Set(incidents.map((one) => one.id)).size).toBe(2);
    expect(incidents[0]?.openedAt).toBe(Date.UTC(2026, 0, 1));
    expect(incidents[1]?.status).toBe('open');
  });

  it('gives the same ids every time and counts a repeated finding once', () => {
    const once = foldFindings([finding('a', 't1', 0), finding('b', 't1', 7)], RULES);
    const again = foldFindings(
      [finding('a', 't1', 0), finding('a', 't1', 0), finding('b', 't1', 7)],
      RULES,
    );
    expect(again).toEqual(once);
  });

  it('makes nothing of nothing', () => {
    expect(foldFindings([], RULES)).toEqual([]);
  });
});
