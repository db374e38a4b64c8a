import type { Delivery } from '../../model/delivery.ts';
import type { Attempt, Notice, Notifier, Outcome } from '../notifier.ts';
import { backoff } from './backoff.ts';

/** How many attempts run at once, where a receiver does not want one at a time. */
const CONCURRENCY = 8;
/** How many ended attempts may wait to be kept: a crash would repeat these, and no more. */
const MAX_UNKEPT = 64;
/** How far two machines' clocks may differ, ms. */
const CLOCK_SLACK = 60_000;

export interface QueueOptions {
  notifier: Notifier;
  /** Least time between the beginnings of two attempts, ms; one at a time where above zero. */
  spacing: number;
  /** Until an attempt is given up, ms. */
  timeout: number;
  /** Until a delivery is dead, ms from its making. */
  giveUpAfter: number;
  now: () => number;
  random: () => number;
  threadOf: (delivery: Delivery) => string;
  /** Asked before each attempt: why it must not be made any more, or null. Where it rejects, the attempt waits. */
  haltOf?: (delivery: Delivery) => Promise<string | null>;
  /** Keeps a delivery's new state; called after each attempt. Must not reject. */
  onAttempt: (delivery: Delivery, seconds: number) => Promise<void>;
}

interface Entry {
  delivery: Delivery;
  /** It was read from the store: an earlier process may have sent it. */
  restored: boolean;
}

/** Due, or postponed by a clock that has been set back since. */
function isDue(delivery: Delivery, now: number): boolean {
  return delivery.nextAttemptAt <= now || delivery.updatedAt > now + CLOCK_SLACK;
}

/** A delivery's next state after an attempt. Pure. */
export function afterAttempt(
  delivery: Delivery,
  outcome: Outcome,
  { now, random, giveUpAfter }: { now: number; random: number; giveUpAfter: number },
): Delivery {
  const attempts = delivery.attempts + 1;
  const next: Delivery = { ...delivery, version: delivery.version + 1, attempts, updatedAt: now };
  if (outcome.kind === 'sent')
    return { ...next, state: 'sent', remoteRef: outcome.ref, lastError: '' };
  if (outcome.kind === 'refused') return { ...next, state: 'refused', lastError: outcome.why };
  const nextAttemptAt = now + backoff(attempts, random, outcome.afterMs);
  const dead = nextAttemptAt > delivery.createdAt + giveUpAfter;
  return { ...next, state: dead ? 'dead' : 'pending', nextAttemptAt, lastError: outcome.why };
}

/** One receiver's deliveries: tried when due, retried until they end. The one retry loop there is. */
export class ReceiverQueue {
  readonly #options: QueueOptions;
  readonly #waiting = new Map<string, Entry>();
  readonly #flying = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #freeAt = 0;
  /** Attempts that run now; those that have ended and are being kept are flying, but not sending. */
  #sending = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Deliveries that have not ended. */
  get size(): number {
    return this.#waiting.size + this.#flying.size;
  }

  has(id: string): boolean {
    return this.#waiting.has(id) || this.#flying.has(id);
  }

  /** Takes a kept delivery; one that is here already is left as it is. */
  add(delivery: Delivery, restored: boolean): void {
    if (this.has(delivery.id) || this.#stopping.signal.aborted) return;
    this.#waiting.set(delivery.id, { delivery, restored });
    this.#wake();
  }

  #due(now: number): Entry | null {
    let first: Entry | null = null;
    for (const entry of this.#waiting.values()) {
      if (!isDue(entry.delivery, now)) continue;
      if (first === null || entry.delivery.createdAt < first.delivery.createdAt) first = entry;
    }
    return first;
  }

  #wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#stopping.signal.aborted) return;
    const { spacing } = this.#options;
    const room = spacing > 0 ? 1 : CONCURRENCY;
    while (this.#sending < room && this.#flying.size < MAX_UNKEPT) {
      const now = this.#options.now();
      // A clock that was set back must not hold the receiver up until it has caught up.
      this.#freeAt = Math.min(this.#freeAt, now + spacing);
      const entry = now >= this.#freeAt ? this.#due(now) : null;
      if (entry === null) break;
      this.#freeAt = now + spacing;
      this.#start(entry);
    }
    this.#sleep(room);
  }

  /** Wakes again when the next delivery is due; the clock may be stepped, so never for long. */
  #sleep(room: number): void {
    if (this.#waiting.size === 0 || this.#sending >= room) return;
    let next = Infinity;
    for (const { delivery } of this.#waiting.values())
      next = Math.min(next, delivery.nextAttemptAt);
    const now = this.#options.now();
    const pause = Math.min(1_000, Math.max(5, Math.max(next, this.#freeAt) - now));
    this.#timer = setTimeout(() => this.#wake(), pause);
  }

  #start(entry: Entry): void {
    const { id } = entry.delivery;
    this.#waiting.delete(id);
    const flight = this.#attempt(entry).finally(() => {
      this.#flying.delete(id);
      this.#wake();
    });
    this.#flying.set(id, flight);
  }

  async #attempt({ delivery, restored }: Entry): Promise<void> {
    const { now, random, timeout, giveUpAfter, notifier } = this.#options;
    const begun = performance.now();
    const signal = AbortSignal.any([AbortSignal.timeout(timeout), this.#stopping.signal]);
    const attempt: Attempt = {
      id: delivery.id,
      notice: delivery.payload as unknown as Notice,
      thread: this.#options.threadOf(delivery),
      number: delivery.attempts + 1,
      uncertain: restored || delivery.attempts > 0,
      at: now(),
      queuedAt: delivery.createdAt,
      signal,
    };
    this.#sending += 1;
    const halt = await this.#halt(delivery);
    const outcome = halt ?? (await sendWithin(notifier, attempt));
    this.#sending -= 1;
    this.#wake();
    // Stopped in mid-flight: it stays pending as it was kept, and is tried again after the restart.
    if (this.#stopping.signal.aborted && outcome.kind === 'retry') return;
    const next = afterAttempt(delivery, outcome, { now: now(), random: random(), giveUpAfter });
    await this.#options.onAttempt(next, (performance.now() - begun) / 1_000);
    if (next.state === 'pending') this.#waiting.set(next.id, { delivery: next, restored: false });
  }

  async #halt(delivery: Delivery): Promise<Outcome | null> {
    try {
      const why = await this.#options.haltOf?.(delivery);
      return why === undefined || why === null ? null : { kind: 'refused', why };
    } catch {
      return { kind: 'retry', why: 'whether it may go out cannot be read' };
    }
  }

  /** Begins nothing new, gives what is on its way `grace` ms, then cancels it. */
  async stop(grace: number): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#waiting.clear();
    const flights = [...this.#flying.values()];
    const cancel = setTimeout(() => this.#stopping.abort(), grace);
    await Promise.allSettled(flights);
    clearTimeout(cancel);
    this.#stopping.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#options.notifier.close();
  }
}

/** A notifier that ignores its signal, or throws, must not stop the queue. */
async function sendWithin(notifier: Notifier, attempt: Attempt): Promise<Outcome> {
  const aborted = new Promise<Outcome>((resolve) => {
    attempt.signal.addEventListener(
      'abort',
      () => resolve({ kind: 'retry', why: 'no answer in time' }),
      {
        once: true,
      },
    );
  });
  try {
    return await Promise.race([notifier.send(attempt), aborted]);
  } catch (error) {
    // A bug: its name may be told, its message could hold anything.
    return { kind: 'retry', why: `unexpected ${error instanceof Error ? error.name : 'error'}` };
  }
}
