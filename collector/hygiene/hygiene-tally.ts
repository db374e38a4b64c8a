import type { HygieneRow } from '../../store/calls/hygiene.ts';

/** Distinct counts between two writes; of those beyond it the service is `other`. */
const MAX_ROWS = 5_000;

/** Writes rows once, whatever becomes of the answer: a repeated token adds nothing. */
export type WriteHygiene = (rows: readonly HygieneRow[], token: string) => Promise<void>;

export interface HygieneTallyOptions {
  write: WriteHygiene;
  /** Unlike that of any other process: begins every deduplication token. */
  instance: string;
  maxRows?: number;
}

/** Counts of masked values, in bounded memory; never a value itself. */
export class HygieneCounts {
  readonly #maxRows: number;
  #counts = new Map<string, HygieneRow>();

  constructor(maxRows = MAX_ROWS) {
    this.#maxRows = maxRows;
  }

  /**
   * Counts one value.
   *
   * @param at epoch ms
   */
  add(at: number, service: string, field: string, kind: string): void {
    const day = new Date(at).toISOString().slice(0, 10);
    const named = [day, service, field, kind].join('\0');
    const isFull = this.#counts.size >= this.#maxRows && !this.#counts.has(named);
    const row = { day, service: isFull ? 'other' : service, field, kind };
    const key = isFull ? Object.values(row).join('\0') : named;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...row, count: 1 });
    else known.count++;
  }

  /** Hands over what was counted, and begins anew. */
  take(): HygieneRow[] {
    const rows = [...this.#counts.values()];
    this.#counts = new Map();
    return rows;
  }
}

/** Counts masked values in memory until they are written. */
export class HygieneTally {
  readonly #options: HygieneTallyOptions;
  readonly #counts: HygieneCounts;
  /** What is being written, or has to be tried again under the same token. */
  #batch: { rows: HygieneRow[]; token: string } | null = null;
  #sequence = 0;

  constructor(options: HygieneTallyOptions) {
    this.#options = options;
    this.#counts = new HygieneCounts(options.maxRows);
  }

  /** Counts one value, at `at` (epoch ms). */
  add(at: number, service: string, field: string, kind: string): void {
    this.#counts.add(at, service, field, kind);
  }

  /** Writes what was counted. When it fails the same rows are tried again the next time. */
  async flush(): Promise<void> {
    const rows = this.#batch === null ? this.#counts.take() : [];
    if (rows.length > 0) {
      this.#batch = { rows, token: `hygiene-${this.#options.instance}-${++this.#sequence}` };
    }
    if (this.#batch === null) return;
    await this.#options.write(this.#batch.rows, this.#batch.token);
    this.#batch = null;
  }
}
