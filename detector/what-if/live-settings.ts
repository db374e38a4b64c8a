import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../config/logger.ts';
import type { DetectorConfig } from '../../config/detector.ts';
import type { Db } from '../../store/db.ts';
import { changedParameters, readDetectionSettings } from '../../store/what-if/settings.ts';
import type { DetectorSettings } from '../parameters.ts';

/** How often it is looked whether parameters were set, ms. */
const LOOK_EVERY = 5_000;

/** The detector's settings as they are now. */
export interface LiveSettings {
  readonly current: DetectorSettings;
  /** Reads what people set. */
  refresh: () => Promise<void>;
  /** Reads it again and again until it is stopped; what cannot be read stays as it was. */
  follow: (signal: AbortSignal) => Promise<void>;
}

/** The configuration with what people set in the console over it. */
export function createLiveSettings(db: Db, config: DetectorConfig, log: Logger): LiveSettings {
  let current: DetectorSettings = config;
  const refresh = async (): Promise<void> => {
    current = { ...config, changed: changedParameters(await readDetectionSettings(db)) };
  };
  return {
    get current() {
      return current;
    },
    refresh,
    async follow(signal) {
      while (!signal.aborted) {
        await refresh().catch((error: unknown) => {
          log.warn({ err: error }, 'parameters that were set could not be read');
        });
        await delay(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
