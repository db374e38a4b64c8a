import { Command } from 'commander';
import type { Config } from '../../config/schema.ts';
import { backup, restore } from '../../store/backup.ts';
import { connectStore, openStore } from '../../store/open.ts';
import { storeConfig, withStore } from '../with-store.ts';

interface PlaceOptions {
  disk?: string;
}

/** A backup of a big store outlasts the usual time-out of a request, ms. */
const PATIENCE = 6 * 3_600_000;

function folderOf(config: Config, { disk }: PlaceOptions): string {
  if (disk !== undefined) return `disk ${disk}`;
  return config.clickhouse.url === undefined ? `${config.data_dir}/backups` : 'the server';
}

/** `tokenwatch backup NAME`. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('back the whole store up, while it runs')
    .argument('<name>', 'a file name; one that ends with .tar.gz is packed')
    .option('--disk <name>', 'a disk of the ClickHouse server instead of its folder of backups')
    .action(async (name: string, options: PlaceOptions, command: Command) => {
      await withStore(
        command,
        async (db, config) => {
          const { bytes } = await backup(db, { name, ...options });
          process.stdout.write(
            `${name} in ${folderOf(config, options)}: ${String(bytes)} bytes\n` +
              'keep the pepper with it: without the same pepper no token has a history\n',
          );
        },
        PATIENCE,
      );
    });
}

/** `tokenwatch restore NAME`. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup in the place of an empty store; stop the stages first')
    .argument('<name>', 'as it was given to tokenwatch backup')
    .option('--disk <name>', 'the disk of the ClickHouse server where it lies')
    .action(async (name: string, options: PlaceOptions, command: Command) => {
      const config = await storeConfig(command);
      const bare = await connectStore(config, PATIENCE);
      try {
        await restore(bare.db, { name, ...options });
      } finally {
        await bare.close();
      }
      const store = await openStore(config);
      await store.close();
      process.stdout.write(`restored ${name} from ${folderOf(config, options)}\n`);
    });
}
