import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { environmentFile } from '../../config/environment-file.ts';
import type { Config } from '../../config/schema.ts';
import { SAMPLE_CONFIG } from '../../config/sample.ts';
import { OpenApiError } from '../../detector/inventory/document.ts';
import { inventoryOf } from '../../detector/inventory/inventory.ts';
import { checkRules } from '../../detector/rules/check-rules.ts';
import { configFor } from '../config-option.ts';
import { UsageError } from '../exit.ts';

/** Secrets that somebody uses already are never replaced. */
function writeEnvironment(file: string): void {
  if (existsSync(file)) {
    process.stdout.write(`${file} exists already; it is left as it is\n`);
    return;
  }
  writeFileSync(file, environmentFile(), { mode: 0o600, flag: 'wx' });
  process.stdout.write(`wrote ${file} (only docker-compose.yml reads it)\n`);
}

/**
 * Runs the tests of the configured rules.
 *
 * @returns what was tested, as the end of a sentence; empty without rules
 */
async function checkOwnRules(config: Config): Promise<string> {
  if (config.detector.rules.length === 0) return '';
  const scratch = mkdtempSync(join(tmpdir(), 'tokenwatch-check-'));
  try {
    const { rules, cases, problems } = await checkRules(config, scratch);
    if (problems.length > 0) throw new UsageError(`rules are wrong:\n  ${problems.join('\n  ')}`);
    const [what, verb] = rules === 1 ? ['rule', 'passes its'] : ['rules', 'pass their'];
    return `; ${String(rules)} ${what} ${verb} ${String(cases)} tests`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Reads the OpenAPI files that the configuration names.
 *
 * @returns what they document, as the end of a sentence; empty without files
 */
function checkDocuments({ detector }: Config): string {
  if (detector.openapi.length === 0) return '';
  try {
    const { services, all } = inventoryOf(detector);
    const of = services.length === 1 ? 'service' : 'services';
    return `; ${String(all.length)} documented operations of ${String(services.length)} ${of}`;
  } catch (error) {
    if (error instanceof OpenApiError) throw new UsageError(error.message);
    throw error;
  }
}

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
    .description(
      'say whether the configuration, its rules and its OpenAPI files are right, and what is wrong',
    )
    .action(async (_options, command: Command) => {
      const loaded = configFor(command);
      const documents = checkDocuments(loaded.config);
      const rules = await checkOwnRules(loaded.config);
      process.stdout.write(
        `${loaded.file ?? 'defaults and environment'}: right${documents}${rules}\n`,
      );
    });
  config
    .command('init')
    .description(
      'write a documented tokenwatch.yaml, and .env with new secrets for docker-compose.yml',
    )
    .argument('[file]', 'where to', 'tokenwatch.yaml')
    .action((file: string) => {
      if (existsSync(file)) throw new UsageError(`${file} exists already; it is left as it is`);
      writeFileSync(file, SAMPLE_CONFIG);
      process.stdout.write(`wrote ${file}\n`);
      writeEnvironment(join(dirname(file), '.env'));
    });
  return config;
}
