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

/** Counts masked values in memory until they are written; never a value itself. */
export class HygieneTally {
  readonly #options: HygieneTallyOptions;
  #counts = new Map<string, HygieneRow>();
  /** What is being written, or has to be tried again under the same token. */
  #batch: { rows: HygieneRow[]; token: string } | null = null;
  #sequence = 0;

  constructor(options: HygieneTallyOptions) {
    this.#options = options;
  }

  /**
   * Counts one value.
   *
   * @param at epoch ms
   */
  add(at: number, service: string, field: string, kind: string): void {
    const day = new Date(at).toISOString().slice(0, 10);
    const { maxRows = MAX_ROWS } = this.#options;
    const named = [day, service, field, kind].join('\0');
    const isFull = this.#counts.size >= maxRows && !this.#counts.has(named);
    const row = { day, service: isFull ? 'other' : service, field, kind };
    const key = isFull ? Object.values(row).join('\0') : named;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...row, count: 1 });
    else known.count++;
  }

  /** Writes what was counted. When it fails the same rows are tried again the next time. */
  async flush(): Promise<void> {
    if (this.#batch === null && this.#counts.size > 0) {
      const token = `hygiene-${this.#options.instance}-${++this.#sequence}`;
      this.#batch = { rows: [...this.#counts.values()], token };
      this.#counts = new Map();
    }
    if (this.#batch === null) return;
    await this.#options.write(this.#batch.rows, this.#batch.token);
    this.#batch = null;
  }
}
