import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertTestCalls, tokenNamed } from '../test/support/call-rows.ts';
import { openTestStore, testConfig } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { backup, countCalls, restore } from './backup.ts';
import { openStore } from './open.ts';
import { applyRetention } from './retention.ts';

const DAY = 86_400_000;
let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

async function calls(days: number, name: string): Promise<void> {
  const time = Date.now() - days * DAY;
  await insertTestCalls(store.db, [
    { time, ingestedAt: time, tokenHash: tokenNamed(name), clientId: 'acme', service: 'api' },
  ]);
}

describe('retention', () => {
  it('changes nothing where tables are as configured: the defaults are those of the migrations', async () => {
    expect(await applyRetention(store.db, store.config.retention)).toEqual([]);
  });

  it('lets rows go that are older than configured, and comes back to the default', async () => {
    await calls(40, 'old');
    await calls(1, 'young');
    const config = testConfig(store.dataDir, {
      TOKENWATCH_RETENTION_CALLS: '30d',
      TOKENWATCH_RETENTION_FINDINGS: '90d',
      TOKENWATCH_RETENTION_TOKEN_MINUTE: 'forever',
      TOKENWATCH_RETENTION_TOKEN_OBJECTS: '365d',
      TOKENWATCH_RETENTION_CLIENT_AMOUNTS: '30d',
    });
    const again = await openStore(config);
    await again.close();
    expect(await applyRetention(store.db, config.retention)).toEqual([]);
    const left = async (): Promise<number | null> => {
      await store.db.command(`OPTIMIZE TABLE ${store.db.database}.calls FINAL`);
      return countCalls(store.db);
    };
    await expect.poll(left, { timeout: 15_000 }).toBe(1);
    const back = await applyRetention(store.db, store.config.retention);
    expect(back).toEqual(['calls', 'token_minute', 'token_objects', 'client_amounts', 'findings']);
  });

  it.each(['1h', '36h', 'never'])('refuses %s', (value) => {
    const wrong = (): unknown =>
      testConfig(store.dataDir, { TOKENWATCH_RETENTION_CALLS: value }).retention;
    expect(wrong).toThrow(/retention\.calls/);
  });
});

describe('backup and restore', () => {
  it('bring every row back into an empty store, and never over calls', async () => {
    const { db, embedded } = store;
    if (embedded === null) throw new Error('the test store is embedded');
    await calls(1, 'kept');
    const rows = async (of: typeof db): Promise<unknown> =>
      of.query(
        `SELECT lower(hex(token_hash)) AS token, time, client_id FROM ${of.database}.calls ORDER BY time`,
      );
    const before = await rows(db);
    const { bytes } = await backup(db, { name: 'a.tar.gz' });
    expect(bytes).toBeGreaterThan(1_000);
    await expect(restore(db, { name: 'a.tar.gz' })).rejects.toThrow(/holds 2 calls/);
    await expect(backup(db, { name: `x'); DROP TABLE y` })).rejects.toThrow(/not a plain name/);
    await db.command(`TRUNCATE TABLE ${db.database}.calls`);
    await restore(db, { name: 'a.tar.gz' });
    expect(await rows(db)).toEqual(before);
    const minutes = await db.query(`SELECT minute FROM ${db.database}.token_minute`);
    expect(minutes.length).toBeGreaterThan(0);
  });

  it('the views work again after a restore', async () => {
    await calls(0, 'after');
    const [row] = await store.db.query<{ n: number }>(
      `SELECT count() AS n FROM ${store.db.database}.token_hour
       WHERE token_hash = unhex({token:String})`,
      { token: tokenNamed('after') },
    );
    expect(row?.n).toBe(1);
  });
});
