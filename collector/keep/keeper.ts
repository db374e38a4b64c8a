import { setTimeout as delay } from 'node:timers/promises';
import { CallBlock } from '../../store/calls/call-block.ts';
import { replay } from './replay.ts';
import type { InsertBlock } from './replay.ts';
import type { Spool, SpoolEntry } from './spool.ts';

export interface KeeperOptions {
  insert: InsertBlock;
  spool: Spool;
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
  /** How long an insert may take before its block goes to the spool as well, ms. */
  spoolAfter: number;
  /** How long is tried, where the spool is full too, until senders are told to come again, ms. */
  patience: number;
  /** A clock in milliseconds that never goes back. */
  now: () => number;
}

/** After a pause: rows of requests that come together are still merged. */
const IDLE_WAIT = 4;
const RETRY = 250;

interface Batch {
  kept: Promise<boolean>;
  resolve: (kept: boolean) => void;
}

interface Sealed extends Batch {
  rows: number;
  bytes: Buffer;
  token: string;
}

function newBatch(): Batch {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  return { kept: promise, resolve };
}

/**
 * Merges the rows of many requests into few large inserts. Rows are written into `block`; the
 * promise of {@link commit} tells whether they are kept: in ClickHouse, or on disk.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly block = new CallBlock();
  #open = newBatch();
  readonly #queue: Sealed[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #replaying: Promise<void>;
  #timer: NodeJS.Timeout | null = null;
  #lastSealed = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  /** The open block has waited long enough, but there was no place for it. */
  #isDue = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#replaying = replay({ ...options, signal: this.#stop.signal });
  }

  /** False when no more rows may be added now: the sender has to come again. */
  get hasRoom(): boolean {
    return !this.#stop.signal.aborted && this.#queue.length < this.#options.maxQueued;
  }

  get queuedRows(): number {
    return this.block.rows + this.#queue.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Hands over the rows that were added to the block; true when they are kept, false when not. */
  commit(): Promise<boolean> {
    const { kept } = this.#open;
    if (this.block.rows >= this.#options.maxRows) this.#seal();
    else if (!this.#isDue) this.#timer ??= setTimeout(() => this.#sealWhenFree(), this.#wait());
    return kept;
  }

  /** Waits until everything that was committed is kept or given up. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#seal();
    while (this.#working.size > 0) await Promise.all(this.#working);
    await this.#replaying;
  }

  #wait(): number {
    const sinceLast = this.#options.now() - this.#lastSealed;
    const rest = this.#options.maxWait - sinceLast;
    return rest <= 0 ? Math.min(IDLE_WAIT, this.#options.maxWait) : rest;
  }

  /** While every place is taken the open block goes on growing: few, large inserts. */
  #sealWhenFree(): void {
    this.#timer = null;
    this.#isDue = this.#working.size >= this.#options.maxInFlight;
    if (!this.#isDue) this.#seal();
  }

  #seal(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = false;
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
      const done = this.#keep(batch).finally(() => {
        this.#working.delete(done);
        this.#work();
        if (this.#isDue && this.#queue.length === 0) this.#seal();
      });
      this.#working.add(done);
    }
  }

  /** Into ClickHouse; into the spool when that fails or takes long, or older blocks wait there. */
  async #keep(batch: Sealed): Promise<void> {
    const { now, patience, spool } = this.#options;
    const deadline = now() + patience;
    for (;;) {
      if (spool.entries > 0 && (await this.#spool(batch)) !== null) return;
      if (await this.#tryInsert(batch)) return;
      if ((await this.#spool(batch)) !== null) return;
      if (now() + RETRY > deadline || this.#stop.signal.aborted) break;
      await delay(RETRY);
    }
    batch.resolve(false);
  }

  async #tryInsert(batch: Sealed): Promise<boolean> {
    const inserting = this.#options.insert(batch.bytes, batch.token).then(
      () => true,
      (error: unknown) => {
        this.#options.onFailure(error);
        return false;
      },
    );
    const { spoolAfter } = this.#options;
    const cancel = new AbortController();
    const slow = delay(spoolAfter, 'slow' as const, { signal: cancel.signal }).catch(() => 'slow');
    const first = await Promise.race([inserting, slow]);
    cancel.abort();
    if (first === false) return false;
    if (first === true) {
      batch.resolve(true);
      return true;
    }
    // Slow: safe on disk first, and out of it again should the insert end well after all.
    const entry = await this.#spool(batch);
    const inserted = await inserting;
    if (inserted && entry !== null) await this.#options.spool.remove(entry);
    if (inserted) batch.resolve(true);
    return inserted || entry !== null;
  }

  async #spool({ token, rows, bytes, resolve }: Sealed): Promise<SpoolEntry | null> {
    try {
      const entry = await this.#options.spool.append(token, rows, bytes);
      if (entry !== null) resolve(true);
      return entry;
    } catch (error) {
      this.#options.onFailure(error);
      return null;
    }
  }
}
