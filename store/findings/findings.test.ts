import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenHash } from '../../model/hash.ts';
import { findingOf } from '../../test/support/finding.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { readFindings, readFindingsSince, writeFindings } from './findings.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

describe('findings', () => {
  it('come back as they were written, once each', async () => {
    const token = findingOf({ id: 'a', tokenHash: 'ab'.repeat(32) as TokenHash, severity: 'high' });
    const client = findingOf({ id: 'b', entity: 'client', tokenHash: '', severity: 'low' });
    await writeFindings(store.db, [token, client]);
    await writeFindings(store.db, [token]);
    const since = await readFindingsSince(store.db, 0, 100);
    expect(since.map((row) => row.finding)).toEqual([token, client]);
    const last = since.at(-1)?.writtenAt ?? 0;
    expect(await readFindingsSince(store.db, last + 60_000, 100)).toEqual([]);
  });

  it('are narrowed by token, severity, detection, time and id', async () => {
    const ids = async (filter: object): Promise<string[]> =>
      (await readFindings(store.db, filter)).map((finding) => finding.id).sort();
    expect(await ids({})).toEqual(['a', 'b']);
    expect(await ids({ tokenHash: 'ab'.repeat(32) })).toEqual(['a']);
    expect(await ids({ minSeverity: 'medium' })).toEqual(['a']);
    expect(await ids({ detection: 'no.such' })).toEqual([]);
    expect(await ids({ ids: ['b'], since: 0, until: Date.now() })).toEqual(['b']);
    expect(await ids({ clientId: "x' OR 1 --" })).toEqual([]);
  });
});
