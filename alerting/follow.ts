import { LRUCache } from 'lru-cache';
import type { Finding } from '../model/finding.ts';
import type { Db } from '../store/db.ts';
import { readFindingsSince } from '../store/findings/findings.ts';
import { readStageState, writeStageState } from '../store/stage-state.ts';

/** How far back each look begins: rows are dated when their insert begins and seen when it ends, ms. */
const OVERLAP = 10_000;
const BATCH = 2_000;

/** Follows the findings table by the time of writing; each finding comes at least once, mostly once. */
export class FindingFeed {
  readonly #db: Db;
  readonly #seen = new LRUCache<string, true>({ max: 100_000 });
  #cursor = 0;
  #kept = 0;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Goes on where an earlier process left off; from the beginning when none did. */
  async resume(): Promise<void> {
    const kept = (await readStageState(this.#db, 'alerting', 'findings_cursor')) as {
      at?: number;
    } | null;
    this.#cursor = kept?.at ?? 0;
    this.#kept = this.#cursor;
  }

  /** Findings that were not handed out before, oldest first; at most a batch. */
  async next(): Promise<{ findings: Finding[]; more: boolean; commit: () => Promise<void> }> {
    const fresh: Finding[] = [];
    let latest = { writtenAt: this.#cursor - OVERLAP, id: '' };
    let full = true;
    // A full batch of known rows: everything new lies behind it.
    while (full && fresh.length === 0) {
      const rows = await readFindingsSince(this.#db, latest.writtenAt, BATCH, latest.id);
      for (const { finding } of rows) if (!this.#seen.has(finding.id)) fresh.push(finding);
      const last = rows.at(-1);
      if (last !== undefined) latest = { writtenAt: last.writtenAt, id: last.finding.id };
      full = rows.length >= BATCH;
    }
    return {
      findings: fresh,
      more: full,
      // Only what was folded counts as seen: a failed round comes again.
      commit: async () => {
        for (const { id } of fresh) this.#seen.set(id, true);
        this.#cursor = Math.max(this.#cursor, latest.writtenAt);
        await this.#keep();
      },
    };
  }

  /** The cursor is kept now and then only: reading a little again changes nothing. */
  async #keep(): Promise<void> {
    if (this.#cursor - this.#kept < OVERLAP / 2 && this.#kept !== 0) return;
    if (this.#cursor === this.#kept) return;
    await writeStageState(this.#db, 'alerting', 'findings_cursor', { at: this.#cursor });
    this.#kept = this.#cursor;
  }
}
