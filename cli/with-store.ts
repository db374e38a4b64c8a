import type { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import type { Db } from '../store/db.ts';
import { openStore } from '../store/open.ts';
import { configFor } from './config-option.ts';

/**
 * Does something with the configured store, and closes it whatever happens.
 *
 * @param patience ms that one request may take, where the usual is too short
 */
export async function withStore<T>(
  command: Command,
  work: (db: Db, config: Config) => Promise<T>,
  patience?: number,
): Promise<T> {
  const { config } = configFor(command);
  const store = await openStore(config, patience);
  try {
    return await work(store.db, config);
  } finally {
    await store.close();
  }
}
