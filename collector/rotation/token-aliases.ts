import { parseTokenHash } from '../../model/hash.ts';
import type { TokenAlias } from '../../store/calls/aliases.ts';

/** Links that are known at once; 150 bytes each. Beyond it the oldest is forgotten. */
export const MAX_ALIASES = 250_000;
/** Links that wait to be written while ClickHouse is away. */
const MAX_PENDING = 50_000;

export interface TokenAliasesOptions {
  /** Whether two peppers are configured: only then do links come about. */
  isRotating: boolean;
  maxAliases?: number;
}

/** What is known of a token: its hash, and the one under the previous pepper. */
export interface KnownHashes {
  hash: Uint8Array | null;
  previous: Uint8Array | null;
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
}

function bytesOf(key: string): Uint8Array {
  return Buffer.from(key, 'latin1');
}

function hexOf(key: string): TokenAlias['hash'] {
  return parseTokenHash(Buffer.from(key, 'latin1').toString('hex')) as TokenAlias['hash'];
}

/**
 * Leads the hashes of one token under several peppers to one of them, the oldest known: its
 * history stays there through every rotation. Links are single steps, never chains.
 */
export class TokenAliases {
  readonly isRotating: boolean;
  readonly #maxAliases: number;
  /** Keys are the 32 bytes as Latin-1 text: half the memory of hex, and no objects. */
  readonly #canonical = new Map<string, string>();
  readonly #pending = new Map<string, string>();

  constructor(options: TokenAliasesOptions) {
    this.isRotating = options.isRotating;
    this.#maxAliases = options.maxAliases ?? MAX_ALIASES;
  }

  get size(): number {
    return this.#canonical.size;
  }

  /** The hash under which a token's history is kept; itself where no link is known. */
  canonical(hash: Uint8Array): Uint8Array {
    if (this.#canonical.size === 0) return hash;
    const found = this.#canonical.get(keyOf(hash));
    return found === undefined ? hash : bytesOf(found);
  }

  /** The hash under which a token is kept, of which one or both hashes are known. */
  resolve(token: KnownHashes | null): Uint8Array | null {
    if (token === null || token.hash === null) return null;
    return token.previous === null
      ? this.canonical(token.hash)
      : this.link(token.hash, token.previous);
  }

  /**
   * Learns that two hashes are of one token, and returns the one under which it is kept.
   *
   * @param hash under the current pepper
   * @param previous under the one before
   */
  link(hash: Uint8Array, previous: Uint8Array): Uint8Array {
    const key = keyOf(hash);
    const known = this.#canonical.get(key);
    if (known !== undefined) return bytesOf(known);
    const before = keyOf(previous);
    const canonical = this.#canonical.get(before) ?? before;
    // The same pepper twice, or a rotation back to an older one.
    if (canonical === key) return hash;
    // With no room to have it written, the link is learnt again from the next call.
    if (this.#pending.size < MAX_PENDING) {
      this.#pending.set(key, canonical);
      this.#remember(key, canonical);
    }
    return bytesOf(canonical);
  }

  /** Takes in links from the store; what is known already stays. */
  load(aliases: readonly TokenAlias[]): void {
    for (const { hash, canonical } of aliases) {
      const key = keyOf(Buffer.from(hash, 'hex'));
      if (!this.#canonical.has(key)) this.#remember(key, keyOf(Buffer.from(canonical, 'hex')));
    }
  }

  /** Links that are not yet in the store; they stay until {@link written} is told. */
  pending(): TokenAlias[] {
    return [...this.#pending].map(([hash, canonical]) => ({
      hash: hexOf(hash),
      canonical: hexOf(canonical),
    }));
  }

  written(aliases: readonly TokenAlias[]): void {
    for (const { hash } of aliases) this.#pending.delete(keyOf(Buffer.from(hash, 'hex')));
  }

  #remember(key: string, canonical: string): void {
    if (this.#canonical.size >= this.#maxAliases) {
      const oldest = this.#canonical.keys().next();
      if (oldest.done !== true) this.#canonical.delete(oldest.value);
    }
    this.#canonical.set(key, canonical);
  }
}
