import type { Db } from '../../store/db.ts';
import type { Ancestry } from '../../store/detection/ancestry.ts';
import { readMixPasts } from '../../store/detection/mixes.ts';
import type { MixPast } from '../../store/detection/mixes.ts';

/** Routes held at once, of all tokens: some 30 MB. */
const MOST_ROUTES = 200_000;

/**
 * What the calls of tokens are made of, as of an hour. It changes with the hour only, and whoever stands out
 * does so for many looks: what was read is remembered, up to a bound.
 */
export class MixPasts {
  #known = new Map<string, MixPast | null>();
  #routes = 0;
  readonly #most: number;

  /** @param most routes held at once; beyond, all are forgotten */
  constructor(most = MOST_ROUTES) {
    this.#most = most;
  }

  /** Routes held now. */
  get size(): number {
    return this.#routes;
  }

  /** The pasts of tokens before an hour (since the epoch); those without one are left out. */
  async of(
    db: Db,
    hour: number,
    tokens: readonly string[],
    ancestry?: Ancestry,
  ): Promise<Map<string, MixPast>> {
    const keyOf = (token: string): string => `${String(hour)} ${token}`;
    const wanted = [...new Set(tokens)];
    const pasts = new Map<string, MixPast>();
    const missing: string[] = [];
    for (const token of wanted) {
      const past = this.#known.get(keyOf(token));
      if (past === undefined) missing.push(token);
      else if (past !== null) pasts.set(token, past);
    }
    if (missing.length === 0) return pasts;
    const read = await readMixPasts(db, hour, missing, ancestry);
    for (const token of missing) {
      const past = read.get(token) ?? null;
      if (past !== null) pasts.set(token, past);
      this.#remember(keyOf(token), past);
    }
    return pasts;
  }

  #remember(key: string, past: MixPast | null): void {
    const routes = 1 + (past?.routes.length ?? 0);
    if (this.#routes + routes > this.#most) {
      this.#known.clear();
      this.#routes = 0;
    }
    this.#known.set(key, past);
    this.#routes += routes;
  }
}
