import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../config/logger.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Db } from '../../store/db.ts';
import { writeDeliveries } from '../../store/deliveries/deliveries.ts';

/** The pause before outcomes are written again while ClickHouse is away, ms. */
const PAUSE = 1_000;

interface Waiting {
  delivery: Delivery;
  done: () => void;
}

/**
 * Keeps how attempts ended. What ends while one insert is on its way shares the next one: ClickHouse
 * likes one insert of fifty rows better than fifty inserts.
 */
export class OutcomeKeeper {
  readonly #db: Db;
  readonly #log: Logger;
  #waiting: Waiting[] = [];
  #running = false;
  #stopped = false;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** Resolves when the delivery's state is kept, however long that takes, or when the keeper stops. */
  async keep(delivery: Delivery): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ delivery, done: resolve });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#write(batch.map(({ delivery }) => delivery));
      for (const { done } of batch) done();
    }
    this.#running = false;
  }

  /** Without these rows a restart would send again: written until they are kept or the stage ends. */
  async #write(deliveries: readonly Delivery[]): Promise<void> {
    while (!this.#stopped) {
      try {
        await writeDeliveries(this.#db, deliveries);
        return;
      } catch (error) {
        const count = deliveries.length;
        this.#log.warn({ err: error, count }, 'outcomes of deliveries cannot be kept yet');
        await delay(PAUSE);
      }
    }
  }

  /** Gives up what cannot be kept: it is pending in the store and tried again after a restart. */
  stop(): void {
    this.#stopped = true;
  }
}
