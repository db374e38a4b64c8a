import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { SAMPLE_CONFIG } from '../../config/sample.ts';
import { configFor } from '../config-option.ts';
import { UsageError } from '../exit.ts';

/** `tokenwatch config show | check | init`. */
export function configCommand(): Command {
  const config = new Command('config').description('show, check or begin a configuration');
  config
    .command('show')
    .description('print the configuration in force, secrets redacted')
    .action((_options, command: Command) => {
      const loaded = configFor(command);
      const plain: unknown = JSON.parse(JSON.stringify(loaded.config));
      process.stdout.write(
        `# from ${loaded.file ?? 'defaults and environment'}\n${stringify(plain)}`,
      );
    });
  config
    .command('check')
    .description('say whether the configuration is right, and what is wrong with it')
    .action((_options, command: Command) => {
      const loaded = configFor(command);
      process.stdout.write(`${loaded.file ?? 'defaults and environment'}: right\n`);
    });
  config
    .command('init')
    .description('write a documented tokenwatch.yaml to start from')
    .argument('[file]', 'where to', 'tokenwatch.yaml')
    .action((file: string) => {
      if (existsSync(file)) throw new UsageError(`${file} exists already; it is left as it is`);
      writeFileSync(file, SAMPLE_CONFIG);
      process.stdout.write(`wrote ${file}\n`);
    });
  return config;
}
