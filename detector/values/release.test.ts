import { expect, it } from 'vitest';
import { knownFor } from './example.ts';
import { noveltyBits } from './novelty.ts';
import { isReleased } from './release.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 12);
const program = (value: string, hoursAgo: number) => ({ value, first: NOW - hoursAgo * HOUR });

it('a release is a new version of a program that the token has long used', () => {
  const old = program('TreasuryDesk/2.9 (x64)', 400);
  expect(isReleased([old, program('TreasuryDesk/2.10 (x64)', 2)], NOW)).toBe(true);
  expect(isReleased([old, program('TreasuryDesk/2.10 (x64)', 0)], NOW)).toBe(true);
});

it('another program, one of long ago, one that is yet to come, or the first of all is none', () => {
  const old = program('TreasuryDesk/2.9', 400);
  expect(isReleased([old], NOW)).toBe(false);
  expect(isReleased([old, program('curl/8.5.0', 2)], NOW)).toBe(false);
  expect(isReleased([old, program('TreasuryDesk/3.0', 25)], NOW)).toBe(false);
  expect(isReleased([old, program('TreasuryDesk/3.0', -1)], NOW)).toBe(false);
  expect(isReleased([program('TreasuryDesk/2.9', 3), program('TreasuryDesk/3.0', 1)], NOW)).toBe(
    false,
  );
  expect(isReleased([], NOW)).toBe(false);
});

it('makes what comes with it twelve times as likely', () => {
  const known = { 'accounts:read': 150 };
  const without = noveltyBits('scope', 'limits:write', knownFor(known));
  const within = noveltyBits('scope', 'limits:write', knownFor(known, { released: true }));
  expect(without - within).toBeCloseTo(Math.log2(12), 10);
});
