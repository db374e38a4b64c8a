import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';

/** The configuration for a command, from its (or the program's) `--config`. */
export function configFor(command: Command, defaults: Record<string, unknown> = {}): LoadedConfig {
  const { config } = command.optsWithGlobals<{ config?: string }>();
  return loadConfig({ defaults, ...(config === undefined ? {} : { file: config }) });
}
