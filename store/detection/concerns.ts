import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { CONCERNS_MISMATCH } from './environments.ts';
import { scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';

/**
 * Which calls a watch is about, as a condition on one call under the alias `c`. One pass over the
 * calls of a look asks for all of them; only the watches that any call concerns are then run.
 */
export const CONCERNS = {
  environments: CONCERNS_MISMATCH,
} as const;

export type Concern = keyof typeof CONCERNS;

/** The watches that calls of a look concern. */
export async function readConcerns(db: Db, scope: Scope): Promise<Set<Concern>> {
  const names = Object.keys(CONCERNS) as Concern[];
  const counts = names.map((name) => `countIf(${CONCERNS[name]}) AS ${name}`).join(', ');
  const [row] = await db.query<Record<Concern, number>>(
    `SELECT ${counts} FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)}`,
    scopeParams(scope),
  );
  return new Set(names.filter((name) => (row?.[name] ?? 0) > 0));
}
