import type { Logger } from '../config/logger.ts';

/** How often the clocks are compared, ms. */
const PAUSE = 5_000;
/** An answer that took longer says too little of the time, ms. */
const SLOW = 1_000;
/** A difference that is worth a word, ms. */
const NOTABLE = 30_000;

export interface StoreClockOptions {
  /** What ClickHouse says that it is, epoch ms. */
  read: () => Promise<number>;
  /** This host's clock, epoch ms, which somebody may set. */
  host: () => number;
  /** A clock in milliseconds that only goes on. */
  monotonic: () => number;
  log: Pick<Logger, 'warn'>;
}

/**
 * The time as ClickHouse has it, by which looks are taken: a call that arrives is dated by it, and not by
 * the clock of the collector's host. A host whose clock is an hour behind would make history of every
 * call, which nobody judges.
 */
export class StoreClock {
  readonly #options: StoreClockOptions;
  /** The server's clock less the monotonic one; null until it answered. */
  #offset: number | null = null;
  #isTold = false;

  constructor(options: StoreClockOptions) {
    this.#options = options;
  }

  /** Epoch ms; of this host until ClickHouse was asked. */
  readonly now = (): number => {
    const { host, monotonic } = this.#options;
    return this.#offset === null ? host() : Math.round(monotonic() + this.#offset);
  };

  /** Asks once; what was known stays where the answer takes long. */
  async sync(): Promise<void> {
    const { read, host, monotonic, log } = this.#options;
    const before = monotonic();
    const server = await read();
    const took = monotonic() - before;
    if (took > SLOW) return;
    this.#offset = server - (before + took / 2);
    const difference = this.now() - host();
    const isNotable = Math.abs(difference) > NOTABLE;
    if (isNotable && !this.#isTold) {
      const seconds = Math.round(difference / 1_000);
      log.warn({ seconds }, "ClickHouse's clock differs from this host's: calls are dated by it");
    }
    this.#isTold = isNotable;
  }
}

/** Compares the clocks now and then, and says nothing of a ClickHouse that does not answer: others do. */
export function keepInStep(clock: StoreClock): { stop: () => Promise<void> } {
  let running: Promise<void> | null = null;
  const once = (): void => {
    running ??= clock
      .sync()
      .catch(() => undefined)
      .finally(() => (running = null));
  };
  once();
  const timer = setInterval(once, PAUSE);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
