import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { loadCounts, thinning } from './real-data.ts';

describe('thinning', () => {
  it('brings busy tokens to the cap and leaves the others alone', () => {
    const shares = thinning(
      [
        { token: 'busy', count: 900 },
        { token: 'busy', count: 100 },
        { token: 'quiet', count: 4 },
      ],
      10,
    );
    expect(shares.get('busy')).toBeCloseTo(0.02);
    expect(shares.get('quiet')).toBe(1);
  });
});

describe('loading counts', () => {
  let store: TestStore;
  let directory: string;
  beforeAll(async () => {
    store = await openTestStore();
    directory = mkdtempSync(join(tmpdir(), 'tokenwatch-counts-'));
  });
  afterAll(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes as many calls as were counted, within their windows', async () => {
    const begin = Date.UTC(2025, 0, 6);
    const lines = [3, 0, 7].map((count, i) => ({
      ...{ time: new Date(begin + i * 600_000).toISOString(), token: 'a', count },
      window_seconds: 600,
    }));
    const file = join(directory, 'counts.jsonl.gz');
    writeFileSync(file, gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')));
    const loaded = await loadCounts(store.db, file, 100);
    expect(loaded).toMatchObject({ from: begin, until: begin + 1_800_000, tokens: 1, calls: 10 });
    const rows = await store.db.query(
      `SELECT intDiv(toUnixTimestamp64Milli(time) - ${begin}, 600000) AS slot, count() AS n
       FROM ${store.db.database}.calls GROUP BY slot ORDER BY slot`,
    );
    expect(rows).toEqual([
      { slot: 0, n: 3 },
      { slot: 2, n: 7 },
    ]);
  });
});
