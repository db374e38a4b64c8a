import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../model/finding.ts';
import { SEVERITIES } from '../model/severity.ts';
import { CATALOGUE } from './registry.ts';

describe('the catalogue', () => {
  it('lists every file of detections/ once, with ids of its own', () => {
    const files = readdirSync(new URL('./detections/', import.meta.url)).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    const expected = files.map((name) => name.replace(/\.ts$/, '')).sort();
    expect(CATALOGUE.map((one) => one.id.replace('.', '-')).sort()).toEqual(expected);
    expect(new Set(CATALOGUE.map((one) => one.id)).size).toBe(CATALOGUE.length);
  });

  describe.each(CATALOGUE.map((one) => [one.id, one] as const))('%s', (_, detection) => {
    it('declares what people need to know of it', () => {
      expect(detection.id).toMatch(/^[a-z]+\.[a-z0-9-]+$/);
      expect(FAMILIES).toContain(detection.family);
      expect(SEVERITIES).toContain(detection.severity);
      expect(detection.title.length).toBeGreaterThan(8);
      expect(detection.owasp.every((one) => /^API\d{1,2}:2023$/.test(one))).toBe(true);
      expect(detection.attack.every((one) => /^T\d{4}(\.\d{3})?$/.test(one))).toBe(true);
      expect(detection.owasp.length + detection.attack.length).toBeGreaterThan(0);
      expect(detection.blindSpots.length).toBeGreaterThan(0);
      expect(detection.runbook.length).toBeGreaterThan(0);
      expect(Object.values(detection.parameters).every(Number.isFinite)).toBe(true);
      expect(detection.examples.quiet.length).toBeGreaterThan(0);
      expect(detection.examples.firing.length).toBeGreaterThan(0);
    });

    it.each(detection.examples.quiet)('stays quiet: $name', ({ window, baseline }) => {
      expect(detection.detect(window, baseline, detection.parameters)).toBeNull();
    });

    it.each(detection.examples.firing)('fires: $name', ({ window, baseline }) => {
      const noticed = detection.detect(window, baseline, detection.parameters);
      expect(noticed).not.toBeNull();
      expect(noticed?.bits).toBeGreaterThan(noticed?.thresholdBits ?? 0);
      expect(Number.isFinite(noticed?.bits)).toBe(true);
      expect(noticed?.explanation).toMatch(/usual/i);
      expect(noticed?.explanation).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(noticed?.windowEnd).toBeGreaterThan(noticed?.windowStart ?? Infinity);
    });
  });
});
