import { setTimeout as delay } from 'node:timers/promises';
import { CallBlock } from '../../store/calls/call-block.ts';
import { bufferPassed } from '../background/young-buffers.ts';
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
  /** Rows at which a block goes to the spool first: the disk answers sooner than a busy store. */
  spoolRows: number;
  /** Blocks that may wait for a free place; beyond it the collector is full. */
  maxQueued: number;
  /** How long an insert may take before its block goes to the spool as well, ms. */
  spoolAfter: number;
  /** How long is tried, where the spool is full too, until senders are told to come again, ms. */
  patience: number;
  /** A clock in milliseconds that never goes back. */
  now: () => number;
  /** Whether ClickHouse takes CPU time that is needed to acknowledge what comes. */
  isPressed?: () => boolean;
}

/** After a pause: rows of requests that come together are still merged. */
const IDLE_WAIT = 4;
/** Longest wait for more rows on the way to the disk, where small blocks cost little. */
const DISK_WAIT = 50;
const RETRY = 250;

/** Where a block goes next: to the store, or to the disk and from there to the store. */
type Lane = 'disk' | 'insert';

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
 * Merges the rows of many requests into few inserts. Rows are written into `block`; the promise of
 * {@link commit} tells whether they are kept: in ClickHouse, or on disk. Small blocks go to
 * ClickHouse at once. Large ones, and all that come while it is behind, go to the spool, from where
 * they are inserted many at a time.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly block = new CallBlock();
  #open = newBatch();
  readonly #queue: Sealed[] = [];
  readonly #inserting = new Set<Promise<void>>();
  #writing: Promise<void> | null = null;
  readonly #stop = new AbortController();
  readonly #replaying: Promise<void>;
  #timer: NodeJS.Timeout | null = null;
  #lastSealed = Number.NEGATIVE_INFINITY;
  #lastLane: Lane = 'insert';
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

  /** Waits until everything that was committed is kept or given up, and the spool is empty or rests. */
  async close(): Promise<void> {
    this.#seal();
    while (this.#inserting.size > 0 || this.#writing !== null) {
      await Promise.all([this.#writing, ...this.#inserting]);
    }
    this.#stop.abort();
    await this.#replaying;
    await this.#options.spool.close();
  }

  #wait(): number {
    const { maxWait, now } = this.#options;
    const rest = maxWait - (now() - this.#lastSealed);
    if (this.#lastLane === 'disk') return Math.min(DISK_WAIT, maxWait);
    return rest <= 0 ? Math.min(IDLE_WAIT, maxWait) : rest;
  }

  /** Null while every place is taken: the block has to wait, and goes on growing. */
  #laneOf(rows: number): Lane | null {
    const { spool, spoolRows, maxInFlight } = this.#options;
    const isFree = this.#inserting.size < maxInFlight;
    if (spool.hasRoom && (spool.entries > 0 || rows >= spoolRows || !isFree)) {
      return this.#writing === null ? 'disk' : null;
    }
    return isFree ? 'insert' : null;
  }

  /** While every place is taken the open block goes on growing. */
  #sealWhenFree(): void {
    this.#timer = null;
    this.#isDue = this.#queue.length > 0 || this.#laneOf(this.block.rows) === null;
    if (!this.#isDue) this.#seal();
  }

  #seal(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = false;
    if (this.block.rows === 0) return;
    const token = `${this.#options.instance}-${++this.#sequence}`;
    const bytes = this.block.encode();
    bufferPassed(bytes.length);
    this.#queue.push({ ...this.#open, rows: this.block.rows, bytes, token });
    this.block.clear();
    this.#open = newBatch();
    this.#lastSealed = this.#options.now();
    this.#work();
  }

  #work(): void {
    for (;;) {
      const [batch] = this.#queue;
      const lane = batch === undefined ? null : this.#laneOf(batch.rows);
      if (batch === undefined || lane === null) return;
      this.#queue.shift();
      this.#lastLane = lane;
      if (lane === 'disk') this.#startWriting(batch);
      else this.#startInserting(batch);
    }
  }

  #startWriting(batch: Sealed): void {
    this.#writing = this.#keepOnDisk(batch).then((kept) => {
      this.#writing = null;
      // No room, or a broken disk: by the other road, whether there is a place or not.
      if (!kept) this.#startInserting(batch);
      this.#goOn();
    });
  }

  #startInserting(batch: Sealed): void {
    const done = this.#keep(batch).finally(() => {
      this.#inserting.delete(done);
      this.#goOn();
    });
    this.#inserting.add(done);
  }

  #goOn(): void {
    this.#work();
    if (this.#isDue && this.#queue.length === 0 && this.#laneOf(this.block.rows) !== null) {
      this.#seal();
    }
  }

  async #keepOnDisk({ rows, bytes, resolve }: Sealed): Promise<boolean> {
    try {
      const kept = await this.#options.spool.add(rows, bytes);
      if (kept) resolve(true);
      return kept;
    } catch (error) {
      this.#options.onFailure(error);
      return false;
    }
  }

  /** Into ClickHouse; into the spool when that fails or takes long, or older blocks wait there. */
  async #keep(batch: Sealed): Promise<void> {
    const { now, patience } = this.#options;
    const deadline = now() + patience;
    for (;;) {
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
