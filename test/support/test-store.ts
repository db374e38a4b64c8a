import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { openStore } from '../../store/open.ts';
import type { OpenStore } from '../../store/open.ts';

export interface TestStore extends OpenStore {
  /** A configuration with every port 0 and this store's data directory. */
  config: Config;
  dataDir: string;
}

/** A configuration for tests: a data directory, free ports, a fixed pepper, no noise. */
export function testConfig(dataDir: string, env: Record<string, string> = {}): Config {
  return loadConfig({
    cwd: dataDir,
    env: {
      TOKENWATCH_DATA_DIR: dataDir,
      TOKENWATCH_PEPPER: 'a pepper for tests only, 32 bytes',
      TOKENWATCH_CLICKHOUSE_PORT: '0',
      TOKENWATCH_COLLECTOR_HTTP_PORT: '0',
      TOKENWATCH_COLLECTOR_GRPC_PORT: '0',
      TOKENWATCH_CONSOLE_PORT: '0',
      TOKENWATCH_LOG_LEVEL: 'silent',
      ...env,
    },
  }).config;
}

/**
 * A real, migrated ClickHouse in a temporary directory, for one test file; `close` stops it and
 * removes its files.
 */
export async function openTestStore(env: Record<string, string> = {}): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tokenwatch-test-'));
  const config = testConfig(dataDir, env);
  const store = await openStore(config);
  return {
    ...store,
    config,
    dataDir,
    close: async () => {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
