import { expect, it } from 'vitest';
import { statedSeconds } from './stated-time.ts';

const AT = 1_795_420_800;

it.each([
  [String(AT), AT],
  [`${String(AT)}.25`, AT],
  [`${String(AT)}250`, AT],
  [`${String(AT)}250000`, AT],
  [`${String(AT)}250000000`, AT],
  ['2026-11-23T08:00:00Z', AT],
  ['2026-11-23T09:00:00.5+01:00', AT],
  ['20261123T080000Z', AT],
  ['Mon, 23 Nov 2026 08:00:00 GMT', AT],
  [`sig1=("@method" "@path");created=${String(AT)};keyid="k"`, AT],
  ['', 0],
  ['yesterday', 0],
  ['-5', 0],
  ['2026', 2026],
  ['99999999999', 0],
  ['2026-13-45T00:00:00Z', 0],
  ['x'.repeat(100_000), 0],
])('%s', (text, seconds) => {
  expect(statedSeconds(text)).toBe(seconds);
});
