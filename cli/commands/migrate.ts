import { Command } from 'commander';
import { openStore } from '../../store/open.ts';
import { storeConfig } from '../with-store.ts';

/** `tokenwatch migrate`: brings the schema up to this version and says what it did. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the ClickHouse schema up to this version')
    .action(async (_options, command: Command) => {
      const config = await storeConfig(command);
      const store = await openStore(config);
      await store.close();
      const done = store.applied.map(String).join(', ');
      process.stdout.write(
        done === '' ? 'the schema is up to date\n' : `applied migrations ${done}\n`,
      );
    });
}
