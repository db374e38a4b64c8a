import type { Peppers } from '../../config/pepper.ts';
import { readAliases, writeAliases } from '../../store/calls/aliases.ts';
import type { Db } from '../../store/db.ts';
import { MAX_ALIASES, TokenAliases } from './token-aliases.ts';

/** Links of other collectors may come this late: clocks differ, writes wait; ms. */
const OVERLAP = 120_000;

/** Keeps a process's links and the store's the same. */
export interface AliasKeeper {
  aliases: TokenAliases;
  /** Writes what is new here, reads what is new there. */
  sync(): Promise<void>;
}

/**
 * Nothing is read yet: the first `sync` brings all links, later ones what came since.
 *
 * @param now epoch ms
 */
export function aliasKeeper(db: Db, peppers: Peppers, now: () => number): AliasKeeper {
  const aliases = new TokenAliases({ isRotating: peppers.previous !== null });
  const ids = { pepper_id: peppers.id, previous_pepper_id: peppers.previousId };
  let readUpTo = 0;
  return {
    aliases,
    async sync() {
      const begun = now();
      // First, so that a link which another process has made already is not made again.
      aliases.load(await readAliases(db, Math.max(0, readUpTo - OVERLAP), MAX_ALIASES));
      readUpTo = begun;
      const pending = aliases.pending();
      if (pending.length === 0) return;
      await writeAliases(db, pending, ids, begun);
      aliases.written(pending);
    },
  };
}
