import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** How often the issuer is asked, ms: a revoked token lives about this long. */
const ASK_EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 2_000;
/** As many as the issuer remembers, and those of earlier runs. */
const MAX_HASHES = 2_000;

const answerSchema = z.object({ tokens: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(1_000) });

/** The hashes of tokens that the issuer has revoked. */
export class RevocationList {
  readonly #hashes: Set<string>;

  /** @param hashes those that are known from earlier runs */
  constructor(hashes: readonly string[]) {
    this.#hashes = new Set(hashes);
  }

  has(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  /** Takes hashes in; returns those that are new. */
  add(hashes: readonly string[]): string[] {
    const fresh = hashes.filter((hash) => !this.#hashes.has(hash));
    for (const hash of fresh) this.#hashes.add(hash);
    for (const hash of this.#hashes) {
      if (this.#hashes.size <= MAX_HASHES) break;
      this.#hashes.delete(hash);
    }
    return fresh;
  }
}

export interface FollowOptions {
  /** The issuer's address, to which `/revoked` is added. */
  issuerUrl: string;
  /** Hashes of all tokens that the issuer has revoked, at each answer. */
  onAnswer: (hashes: string[]) => void;
  signal: AbortSignal;
}

/**
 * Asks the issuer for its revoked tokens every second until `signal` ends it. While the issuer does
 * not answer, what it said last stands: the bank must not stop because its issuer does.
 */
export async function followRevocations(options: FollowOptions): Promise<void> {
  const { issuerUrl, onAnswer, signal } = options;
  while (!signal.aborted) {
    const hashes = await ask(`${issuerUrl}/revoked`);
    if (hashes !== null) onAnswer(hashes);
    await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The issuer's answer, or null when there was none that makes sense. */
async function ask(url: string): Promise<string[] | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const answer = answerSchema.safeParse(await response.json());
    return response.ok && answer.success ? answer.data.tokens : null;
  } catch {
    return null; // Asked again in a second.
  }
}
