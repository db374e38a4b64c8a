import { LRUCache } from 'lru-cache';
import type { AlertingConfig } from '../../config/alerting.ts';
import type { Logger } from '../../config/logger.ts';
import { isResponder } from '../../config/receivers.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Db } from '../../store/db.ts';
import { listDeliveries, writeDeliveries } from '../../store/deliveries/deliveries.ts';
import type { ReportSpan } from '../../store/stage.ts';
import type { AlertingMetrics } from '../metrics.ts';
import { createNotifier, kindOf } from '../registry.ts';
import { OutcomeKeeper } from './outcome-keeper.ts';
import { ReceiverQueue } from './receiver-queue.ts';

/** How long the last outcomes may take to be kept when the stage stops, ms. */
const KEEP_GRACE = 5_000;
/** How many pending deliveries are read at once. */
const READ = 5_000;

export interface OutboxOptions {
  db: Db;
  config: AlertingConfig;
  log: Logger;
  metrics: AlertingMetrics;
  now: () => number;
  random: () => number;
  threadOf: (delivery: Delivery) => string;
  /** Why a demand to revoke must not go out any more, or null; asked before each attempt. */
  haltOf: (delivery: Delivery) => Promise<string | null>;
  /** A delivery has ended: sent, refused or dead. */
  onEnded: (delivery: Delivery) => void;
  reportSpan?: ReportSpan | undefined;
}

/** Keeps deliveries, hands each to its receiver's queue, and keeps how every attempt ended. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queues = new Map<string, ReceiverQueue>();
  /** Versions at which deliveries ended lately: what was read before that is not taken up again. */
  readonly #ended = new LRUCache<string, number>({ max: 20_000 });
  readonly #keeper: OutcomeKeeper;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#keeper = new OutcomeKeeper(options.db, options.log);
    const { config, now, random, threadOf, haltOf } = options;
    for (const [name, receiver] of Object.entries(config.receivers)) {
      const { spacing } = kindOf(receiver);
      const notifier = createNotifier(name, receiver, config.interactions.port !== undefined);
      const { timeout, give_up_after: giveUpAfter } = receiver;
      const onAttempt = async (delivery: Delivery, seconds: number): Promise<void> => {
        const { state, reason } = delivery;
        const attributes = { receiver: name, type: receiver.type, state, reason };
        options.reportSpan?.({ name: 'alerting.delivery', seconds, attributes });
        await this.#keepOutcome(delivery, seconds);
      };
      this.#queues.set(
        name,
        new ReceiverQueue({
          notifier,
          spacing,
          timeout,
          giveUpAfter,
          now,
          random,
          threadOf,
          onAttempt,
          ...(isResponder(receiver) ? { haltOf } : {}),
        }),
      );
    }
  }

  /** Keeps new deliveries, then has them tried. Rejects, having done nothing, when they cannot be kept. */
  async enqueue(deliveries: readonly Delivery[]): Promise<void> {
    await writeDeliveries(this.#options.db, deliveries);
    for (const delivery of deliveries) this.#queues.get(delivery.receiver)?.add(delivery, false);
  }

  /** Takes up what is pending in the store and in no queue: after a restart, or resent by a person. */
  async resume(): Promise<void> {
    const pending = await listDeliveries(this.#options.db, { states: ['pending'], limit: READ });
    for (const delivery of pending.reverse()) {
      if ((this.#ended.get(delivery.id) ?? 0) >= delivery.version) continue;
      if (!this.#queues.has(delivery.receiver)) await this.#orphaned(delivery);
      this.#queues.get(delivery.receiver)?.add(delivery, true);
    }
  }

  /** Its receiver is no longer configured; should it come back, a person may have it tried again. */
  async #orphaned(delivery: Delivery): Promise<void> {
    const lastError = 'no receiver has this name any more';
    const { version } = delivery;
    const updatedAt = this.#options.now();
    await this.#keepOutcome(
      { ...delivery, version: version + 1, state: 'dead', updatedAt, lastError },
      0,
    );
  }

  pending(receiver: string): number {
    return this.#queues.get(receiver)?.size ?? 0;
  }

  async #keepOutcome(delivery: Delivery, seconds: number): Promise<void> {
    const { log, metrics, onEnded } = this.#options;
    const { receiver, state, id, reason, attempts, lastError } = delivery;
    metrics.attempts.inc({ receiver, outcome: state === 'pending' ? 'retry' : state });
    metrics.attemptSeconds.observe({ receiver }, seconds);
    if (state !== 'pending') this.#ended.set(id, delivery.version);
    const level = state === 'sent' ? 'info' : 'warn';
    log[level](
      { receiver, delivery: id, reason, state, attempts, lastError },
      'delivery attempted',
    );
    await this.#keeper.keep(delivery);
    if (state === 'pending') return;
    onEnded(delivery);
  }

  async stop(grace: number): Promise<void> {
    const giveUp = setTimeout(() => this.#keeper.stop(), grace + KEEP_GRACE);
    await Promise.all([...this.#queues.values()].map(async (queue) => queue.stop(grace)));
    clearTimeout(giveUp);
    this.#keeper.stop();
  }
}
