import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import type { Logger } from '../config/logger.ts';
import type { Db } from './db.ts';

/** Between two tries, ms: twice as long each time, up to the second. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** Why the server does not answer at all; null when it does, whatever it says. */
async function absence(db: Db): Promise<string | null> {
  try {
    await db.query('SELECT 1');
    return null;
  } catch (error) {
    if (error instanceof ClickHouseError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

/**
 * Does something with the store once the server answers, and again when it went away in between.
 *
 * @returns what `work` gives, or null when `signal` came first
 * @throws Error when the server answers and refuses (a wrong password), or `work` fails while it is there
 */
export async function onceStoreAnswers<T>(
  db: Db,
  work: () => Promise<T>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<T | null> {
  let pause = FIRST_PAUSE;
  let waited = false;
  for (;;) {
    if (signal.aborted) return null;
    let reason = await absence(db);
    if (reason === null) {
      try {
        const done = await work();
        if (waited) log.info('ClickHouse answers');
        return done;
      } catch (error) {
        reason = await absence(db);
        if (reason === null) throw error;
      }
    }
    waited = true;
    log.warn({ reason, next_try_ms: pause }, 'ClickHouse does not answer: waiting for it');
    await delay(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(LONGEST_PAUSE, 2 * pause);
  }
}
