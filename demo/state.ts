import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const stateSchema = z.object({
  seed: z.number().int(),
  /** When the demo first started, epoch ms: tokens are dated by it. */
  epoch: z.number().int(),
  /** Everything before has been reported, epoch ms. */
  reportedUntil: z.number().int(),
  /** Hashes of tokens that were revoked, the latest last. */
  revoked: z.array(z.string()).default([]),
  /** When a client's token was last renewed, Unix seconds, by the id of its first token. */
  renewals: z.record(z.string(), z.number().int()).default({}),
});

/** What the demo remembers in its data directory. */
export type DemoState = z.infer<typeof stateSchema>;

const FORTNIGHT_MS = 14 * 86_400_000;
const MAX_REVOKED = 500;

/** The state as it is now, kept at each change. */
export class Memory {
  readonly #dataDir: string;
  #state: DemoState;

  constructor(dataDir: string, state: DemoState) {
    this.#dataDir = dataDir;
    this.#state = state;
    saveState(dataDir, state);
  }

  get state(): Readonly<DemoState> {
    return this.#state;
  }

  reportedUntil(until: number): void {
    this.#keep({ reportedUntil: until });
  }

  revoked(hashes: readonly string[]): void {
    const all = new Set([...this.#state.revoked, ...hashes]);
    if (all.size === this.#state.revoked.length) return;
    this.#keep({ revoked: [...all].slice(-MAX_REVOKED) });
  }

  /** @param issuedAt Unix seconds */
  renewed(firstId: string, issuedAt: number): void {
    this.#keep({ renewals: { ...this.#state.renewals, [firstId]: issuedAt } });
  }

  #keep(change: Partial<DemoState>): void {
    this.#state = { ...this.#state, ...change };
    saveState(this.#dataDir, this.#state);
  }
}

/**
 * What is remembered, or a fresh start a fortnight before `now` (epoch ms). After a longer pause
 * than that, only the last fortnight is filled. Another seed is another bank: it starts afresh.
 */
export function loadState(dataDir: string, seed: number, now: number): DemoState {
  const reportedUntil = now - FORTNIGHT_MS;
  const fresh = { seed, epoch: now, reportedUntil, revoked: [], renewals: {} };
  const kept = read(dataDir);
  if (kept === null || kept.seed !== seed) return fresh;
  return { ...kept, reportedUntil: Math.max(kept.reportedUntil, now - FORTNIGHT_MS) };
}

/** Keeps the state, whole or not at all. */
export function saveState(dataDir: string, state: DemoState): void {
  mkdirSync(dataDir, { recursive: true });
  const temporary = `${fileOf(dataDir)}.new`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, fileOf(dataDir));
}

function read(dataDir: string): DemoState | null {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')));
  } catch {
    return null; // Not there yet, or damaged: the demo then starts afresh.
  }
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'demo-state.json');
}
