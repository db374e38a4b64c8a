import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Peppers } from '../../config/pepper.ts';
import { readAliases, writeAliases } from '../../store/calls/aliases.ts';
import type { Db } from '../../store/db.ts';
import { MAX_ALIASES, TokenAliases } from './token-aliases.ts';

function textOf(file: string | null): string {
  return file !== null && existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Links of other collectors may come this late: clocks differ, writes wait; ms. */
const OVERLAP = 120_000;

/** Keeps a process's links and the store's the same. */
export interface AliasKeeper {
  aliases: TokenAliases;
  /** Writes what is new here, reads what is new there. */
  sync(): Promise<void>;
  /** Whether the links were read: without them, calls of a rotated token would begin a new history. */
  areKnown(): boolean;
}

/**
 * Nothing is read yet: the first `sync` brings all links, later ones what came since.
 *
 * @param now epoch ms
 * @param marker a file that says, once there is nothing to know, that a start need not read the links
 */
export function aliasKeeper(
  db: Db,
  peppers: Peppers,
  now: () => number,
  marker: string | null = null,
): AliasKeeper {
  const aliases = new TokenAliases({ isRotating: peppers.previous !== null });
  const ids = { pepper_id: peppers.id, previous_pepper_id: peppers.previousId };
  let readUpTo = 0;
  // Of this pepper: another one means that a rotation began.
  const none = `no links: ${peppers.id}\n`;
  let areKnown = peppers.previous === null && textOf(marker) === none;
  const remember = (): void => {
    if (marker === null) return;
    const isNone = peppers.previous === null && aliases.size === 0;
    if (isNone && textOf(marker) !== none) writeFileSync(marker, none, { mode: 0o600 });
    if (!isNone) rmSync(marker, { force: true });
  };
  return {
    aliases,
    areKnown: () => areKnown,
    async sync() {
      const begun = now();
      // First, so that a link which another process has made already is not made again.
      aliases.load(await readAliases(db, Math.max(0, readUpTo - OVERLAP), MAX_ALIASES));
      readUpTo = begun;
      areKnown = true;
      remember();
      const pending = aliases.pending();
      if (pending.length === 0) return;
      await writeAliases(db, pending, ids, begun);
      aliases.written(pending);
    },
  };
}
