import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import type { Db } from '../store/db.ts';
import { openStore } from '../store/open.ts';
import { configFor } from './config-option.ts';
import { holderOf } from './data-lock.ts';
import { settlePorts } from './ports.ts';

/**
 * The configuration for a command that needs the store and no port that anybody knows: where another
 * installation has the embedded server's usual one, a free one will do.
 */
export async function storeConfig(command: Command): Promise<Config> {
  const { config, explicit } = configFor(command);
  if (config.clickhouse.url === undefined) warnOfDemo(config.data_dir);
  return (await settlePorts(config, explicit)).config;
}

/** The example bank has a store of its own: who looks into the other would find nothing there. */
function warnOfDemo(dataDir: string): void {
  const demo = join(dataDir, 'demo');
  if (holderOf(demo) === null) return;
  process.stderr.write(
    `tokenwatch: this is about ${dataDir}; the example bank runs on ${demo} (TOKENWATCH_DATA_DIR=${demo})\n`,
  );
}

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
  const config = await storeConfig(command);
  const store = await openStore(config, patience);
  try {
    return await work(store.db, config);
  } finally {
    await store.close();
  }
}
