import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { connect } from './db.ts';
import type { Db } from './db.ts';
import { migrate, readMigrations } from './migrate.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

function other(database: string): Db {
  const { embedded } = store;
  if (embedded === null) throw new Error('the test store is embedded');
  return connect({
    url: embedded.url,
    username: embedded.appUser,
    password: embedded.appPassword,
    database,
  });
}

describe('migrate', () => {
  it('applies every migration once and then none', async () => {
    expect(store.applied).toEqual(readMigrations().map((migration) => migration.number));
    expect(await migrate(store.db)).toEqual([]);
  });

  it('applies each migration once when several processes start at the same moment', async () => {
    const peers = [other('raced'), other('raced'), other('raced')];
    const applied = await Promise.all(peers.map(async (peer) => migrate(peer)));
    const all = applied.flat().sort((a, b) => a - b);
    expect(all).toEqual(readMigrations().map((migration) => migration.number));
    await Promise.all(peers.map(async (peer) => peer.close()));
  });

  it('refuses a schema that is newer than this version', async () => {
    const older = other('newer');
    await migrate(older);
    await older.insert('schema_migrations', [{ number: 999, name: 'future', checksum: 'x' }]);
    await expect(migrate(older)).rejects.toThrow(/newer than this tokenwatch.*999 \(future\)/);
    await older.close();
  });

  it('refuses a database name that is not a plain name', async () => {
    const odd = other('x; DROP DATABASE tokenwatch');
    await expect(migrate(odd)).rejects.toThrow(/not a plain name/);
    await odd.close();
  });
});
