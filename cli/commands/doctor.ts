import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { Command } from 'commander';
import type { Config } from '../../config/schema.ts';
import { chdbLibrary, findEmbedded } from '../../store/embedded/start-embedded.ts';
import { connect } from '../../store/db.ts';
import { configFor } from '../config-option.ts';
import { EXIT } from '../exit.ts';
import { lookAtSpool } from '../spool-files.ts';

interface Check {
  what: string;
  /** Resolves with what was found; rejects with what is wrong and what to do. */
  run(): Promise<string> | string;
}

const LEAST_FREE_BYTES = 2 * 1024 ** 3;

async function checkClickHouse(config: Config): Promise<string> {
  const { url, username, password, database } = config.clickhouse;
  if (url === undefined) {
    const running = await findEmbedded(config.data_dir);
    if (running !== null) return `embedded, running at ${running.url}`;
    chdbLibrary();
    return 'embedded, installed, not running now';
  }
  const db = connect({ url, username, password: password?.reveal() ?? '', database });
  try {
    const [row] = await db.query<{ version: string }>('SELECT version() AS version');
    return `${url} answers, version ${row?.version ?? 'unknown'}`;
  } finally {
    await db.close();
  }
}

function checkDataDir(config: Config): string {
  mkdirSync(config.data_dir, { recursive: true, mode: 0o700 });
  accessSync(config.data_dir, constants.W_OK);
  const { bavail, bsize } = statfsSync(config.data_dir);
  const free = bavail * bsize;
  const gib = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free < LEAST_FREE_BYTES)
    throw new Error(`${config.data_dir}: only ${gib}; 2 GiB are advisable`);
  return `${config.data_dir}, writable, ${gib}`;
}

function checkSpool(config: Config): string {
  const { waiting, setAside } = lookAtSpool(config.data_dir);
  if (setAside > 0)
    throw new Error(
      `${String(setAside)} files were set aside in ${config.data_dir}/spool: ClickHouse refused them`,
    );
  return waiting === 0 ? 'empty' : `${String(waiting)} files wait for ClickHouse`;
}

/** `tokenwatch doctor`: looks at what tokenwatch needs and says what to do about what is missing. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check the machine, the configuration and the store')
    .action(async (_options, command: Command) => {
      const { config, file } = configFor(command);
      const checks: Check[] = [
        { what: 'node', run: () => process.version },
        { what: 'configuration', run: () => file ?? 'defaults and environment' },
        { what: 'data directory', run: () => checkDataDir(config) },
        { what: 'spool', run: () => checkSpool(config) },
        { what: 'clickhouse', run: async () => checkClickHouse(config) },
      ];
      for (const check of checks) {
        try {
          process.stdout.write(`ok    ${check.what}: ${await check.run()}\n`);
        } catch (error) {
          process.exitCode = EXIT.failed;
          process.stdout.write(
            `WRONG ${check.what}: ${error instanceof Error ? error.message : String(error)}\n`,
          );
        }
      }
    });
}
