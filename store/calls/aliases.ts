import type { TokenHash } from '../../model/hash.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** Two hashes of one token: `canonical` is the one under which its history is kept. */
export interface TokenAlias {
  hash: TokenHash;
  canonical: TokenHash;
}

/** Which peppers a link was made with, by their key ids. */
export interface PepperIds {
  pepper_id: string;
  previous_pepper_id: string;
}

/**
 * Writes links; one that is there already is replaced by the same.
 *
 * @param at epoch ms
 */
export async function writeAliases(
  db: Db,
  aliases: readonly TokenAlias[],
  ids: PepperIds,
  at: number,
): Promise<void> {
  await insertHashed(
    db,
    {
      table: TABLES.tokenAliases,
      columns: {
        ...{ hash: 'String', canonical: 'String', pepper_id: 'String' },
        ...{ previous_pepper_id: 'String', linked_at: 'Int64' },
      },
      hashes: ['hash', 'canonical'],
      times: ['linked_at'],
    },
    aliases.map((alias) => ({ ...alias, ...ids, linked_at: at })),
  );
}

/**
 * The links written at `since` (epoch ms) or later, oldest first; when there are more than `limit`,
 * the newest of them.
 */
export async function readAliases(db: Db, since: number, limit: number): Promise<TokenAlias[]> {
  const rows = await db.query<TokenAlias>(
    `SELECT lower(hex(hash)) AS hash, lower(hex(canonical)) AS canonical
     FROM ${db.database}.${TABLES.tokenAliases}
     WHERE linked_at >= fromUnixTimestamp64Milli({since:Int64})
     ORDER BY linked_at DESC LIMIT {limit:UInt32}`,
    { since, limit },
  );
  return rows.reverse();
}

/**
 * The hash under which a token's history is kept, from any of its hashes: what a look-up by hash
 * begins with. A hash without a link is its own.
 */
export async function canonicalTokenHash(db: Db, hash: TokenHash): Promise<TokenHash> {
  const [row] = await db.query<{ canonical: TokenHash }>(
    `SELECT lower(hex(token_aliases.canonical)) AS canonical
     FROM ${db.database}.${TABLES.tokenAliases} AS token_aliases FINAL
     WHERE token_aliases.hash = unhex({hash:String}) LIMIT 1`,
    { hash },
  );
  return row?.canonical ?? hash;
}
