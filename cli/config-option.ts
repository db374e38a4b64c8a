import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';

/**
 * The configuration for a command, from its (or the program's) `--config`.
 *
 * @param variables what the command's own options say, as the variables that they go before
 */
export function configFor(
  command: Command,
  defaults: Record<string, unknown> = {},
  variables: Record<string, string> = {},
): LoadedConfig {
  const { config } = command.optsWithGlobals<{ config?: string }>();
  return loadConfig({ defaults, variables, ...(config === undefined ? {} : { file: config }) });
}
