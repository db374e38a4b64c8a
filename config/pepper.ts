import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './schema.ts';
import { Secret } from './secret.ts';

/** Reads a secret file of the data directory, making it (mode 0600, 32 random bytes) the first time. */
export function dataDirSecret(dataDir: string, name: string): Secret {
  const file = join(dataDir, name);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return new Secret(readFileSync(file, 'utf8').trim());
}

/** The installation's pepper: configured, or the data directory's own. */
export function pepperOf(config: Config): Secret {
  return config.pepper ?? dataDirSecret(config.data_dir, 'pepper');
}

/** The keys of all hashes, with the ids under which links between hashes are recorded. */
export interface Peppers {
  id: string;
  current: Secret;
  previousId: string;
  /** Null unless peppers rotate. */
  previous: Secret | null;
}

/** The pepper, and the one before it while both are configured. */
export function peppersOf(config: Config): Peppers {
  return {
    id: config.pepper_id,
    current: pepperOf(config),
    previousId: config.previous_pepper_id,
    previous: config.previous_pepper ?? null,
  };
}
