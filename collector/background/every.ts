import { setTimeout as delay } from 'node:timers/promises';

export interface Recurring {
  /** Waits for the work under way, and does it one last time for at most `patience` ms. */
  stop(patience: number): Promise<void>;
}

/**
 * Does some work again and again, never twice at once.
 *
 * @param pause ms between the end of one and the beginning of the next
 * @param onFailure told of each time that it failed; the next time comes all the same
 */
export function every(
  pause: number,
  work: () => Promise<void>,
  onFailure: (error: unknown) => void,
): Recurring {
  const once = (): Promise<void> => work().catch(onFailure);
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> = Promise.resolve();
  let isStopped = false;
  const plan = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      working = once().then(plan);
    }, pause);
    // Bookkeeping alone keeps no process alive.
    timer.unref();
  };
  plan();
  return {
    async stop(patience) {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      const enough = new AbortController();
      const late = delay(patience, undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([working.then(once), late]);
      enough.abort();
    },
  };
}
