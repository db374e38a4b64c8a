import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';

/** How many calls a look is about, whoever's they are. */
export async function countCalls(db: Db, scope: Scope): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count() AS n FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)}`,
    scopeParams({ from: scope.from, to: scope.to }),
  );
  return row?.n ?? 0;
}
