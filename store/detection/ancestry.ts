import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** The tokens that a token follows, those that they follow in turn included; hashes. */
export type Ancestry = (token: string) => readonly string[];

/**
 * A table of `token` and `source`: each token that the parameter `tokens` names beside itself, and beside
 * all that it follows. What was linked by hours before a moment counts, or, in a backtest, what that found
 * out itself.
 *
 * @param before SQL of the moment
 */
export function sourcesSql(db: Db, before: string, ancestry?: Ancestry): string {
  const own = `${NAMED_TOKENS} AS token, token AS source`;
  if (ancestry !== undefined) {
    return `SELECT toFixedString(unhex(one.1), 32) AS token, toFixedString(unhex(one.2), 32) AS source
      FROM (SELECT arrayJoin(arrayZip({heirs:Array(String)}, {ancestors:Array(String)})) AS one)
      UNION DISTINCT ${own}`;
  }
  return `${own} UNION DISTINCT
    SELECT token_hash AS token, ancestor AS source FROM ${db.database}.${TABLES.tokenLineage}
    WHERE token_hash IN (${NAMED_TOKENS}) AND linked_hour < ${before}`;
}

/** The parameters of {@link sourcesSql}. */
export function sourcesParams(
  tokens: readonly string[],
  ancestry?: Ancestry,
): Record<string, readonly string[]> {
  const named = [...new Set(tokens)];
  if (ancestry === undefined) return { tokens: named };
  const pairs = named.flatMap((heir) => ancestry(heir).map((ancestor) => ({ heir, ancestor })));
  return {
    tokens: named,
    heirs: pairs.map(({ heir }) => heir),
    ancestors: pairs.map(({ ancestor }) => ancestor),
  };
}
