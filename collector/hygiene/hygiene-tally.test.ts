import { expect, test } from 'vitest';
import type { HygieneRow } from '../../store/calls/hygiene.ts';
import { HygieneTally } from './hygiene-tally.ts';

const AT = Date.UTC(2026, 10, 22, 23, 59);

test('counts by day, service, field and kind; a failed write comes again under its token', async () => {
  const written: [string, readonly HygieneRow[]][] = [];
  let fails = true;
  const tally = new HygieneTally({
    instance: 'a',
    write: async (rows, token) => {
      written.push([token, rows]);
      if (fails) throw new Error('away');
    },
  });
  await tally.flush();
  expect(written).toEqual([]);
  tally.add(AT, 'one', 'route', 'mail');
  tally.add(AT, 'one', 'route', 'mail');
  await expect(tally.flush()).rejects.toThrow('away');
  tally.add(AT + 120_000, 'one', 'route', 'mail');
  fails = false;
  await tally.flush();
  await tally.flush();
  const row = { service: 'one', field: 'route', kind: 'mail' };
  const first = ['hygiene-a-1', [{ ...row, day: '2026-11-22', count: 2 }]];
  const second = ['hygiene-a-2', [{ ...row, day: '2026-11-23', count: 1 }]];
  expect(written).toEqual([first, first, second]);
});

test('is bounded: services beyond it are counted together', async () => {
  const rows: HygieneRow[] = [];
  const tally = new HygieneTally({
    instance: 'a',
    maxRows: 2,
    write: async (batch) => void rows.push(...batch),
  });
  for (let service = 0; service < 1000; service++) tally.add(AT, `s${service}`, 'route', 'ip');
  await tally.flush();
  expect(rows.map(({ service, count }) => [service, count])).toEqual([
    ['s0', 1],
    ['s1', 1],
    ['other', 998],
  ]);
});
