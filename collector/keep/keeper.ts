import { setTimeout as delay } from 'node:timers/promises';
import { CallBlock } from '../../store/calls/call-block.ts';

export interface KeeperOptions {
  /** Puts one encoded block into ClickHouse; throws when that cannot be known to have worked. */
  insert: (block: Buffer, deduplicationToken: string) => Promise<void>;
  /** Told of each insert that failed; it is tried again. */
  onFailure: (error: unknown) => void;
  /** Unlike that of any other process: begins every deduplication token. */
  instance: string;
  /** Rows at which a block is sent at once. */
  maxRows: number;
  /** Longest wait for more rows, ms; a collector that was idle waits far less. */
  maxWait: number;
  maxInFlight: number;
  /** Blocks that may wait for a free place; beyond it the collector is full. */
  maxQueued: number;
  /** How long an insert is tried before its senders are told to come again, ms. */
  patience: number;
  /** A clock in milliseconds that never goes back. */
  now: () => number;
}

/** After a pause: rows of requests that come together are still merged. */
const IDLE_WAIT = 4;
const FIRST_RETRY = 100;
const SLOWEST_RETRY = 2000;

interface Batch {
  rows: number;
  kept: Promise<boolean>;
  resolve: (kept: boolean) => void;
}

interface Sealed extends Batch {
  bytes: Buffer;
  token: string;
}

function newBatch(): Batch {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  return { rows: 0, kept: promise, resolve };
}

/**
 * Merges the rows of many requests into few large inserts. Rows are written into `block`; the
 * promise of {@link commit} tells whether ClickHouse has them.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly block = new CallBlock();
  #open = newBatch();
  readonly #queue: Sealed[] = [];
  readonly #working = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #lastSealed = 0;
  #sequence = 0;
  #closing = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** False when no more rows may be added now: the sender has to come again. */
  get hasRoom(): boolean {
    return !this.#closing && this.#queue.length < this.#options.maxQueued;
  }

  get queuedRows(): number {
    return this.block.rows + this.#queue.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Hands over the rows that were added to the block; true when they are kept, false when not. */
  commit(): Promise<boolean> {
    const { kept } = this.#open;
    if (this.block.rows >= this.#options.maxRows) this.#seal();
    else this.#timer ??= setTimeout(() => this.#seal(), this.#wait());
    return kept;
  }

  /** Waits until everything that was committed is kept or given up. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#seal();
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  #wait(): number {
    const sinceLast = this.#options.now() - this.#lastSealed;
    const rest = this.#options.maxWait - sinceLast;
    return rest <= 0 ? Math.min(IDLE_WAIT, this.#options.maxWait) : rest;
  }

  #seal(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.block.rows === 0) return;
    const token = `${this.#options.instance}-${++this.#sequence}`;
    this.#queue.push({ ...this.#open, rows: this.block.rows, bytes: this.block.encode(), token });
    this.block.clear();
    this.#open = newBatch();
    this.#lastSealed = this.#options.now();
    this.#work();
  }

  #work(): void {
    while (this.#working.size < this.#options.maxInFlight) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      const done = this.#insert(batch).finally(() => {
        this.#working.delete(done);
        this.#work();
      });
      this.#working.add(done);
    }
  }

  async #insert(batch: Sealed): Promise<void> {
    const deadline = this.#options.now() + this.#options.patience;
    for (let pause = FIRST_RETRY; ; pause = Math.min(SLOWEST_RETRY, pause * 2)) {
      try {
        await this.#options.insert(batch.bytes, batch.token);
        batch.resolve(true);
        return;
      } catch (error) {
        this.#options.onFailure(error);
      }
      if (this.#options.now() + pause > deadline) break;
      await delay(pause);
    }
    batch.resolve(false);
  }
}
