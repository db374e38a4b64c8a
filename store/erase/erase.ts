import { refuseCluster } from '../cluster/refuse.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { dropTargets, targetsOf, tokensOf, writeTargets } from './targets.ts';
import type { ErasureSubject } from './targets.ts';

/** Tables that an erasure leaves alone: keys and cursors, and the chain that proves what was done. */
const LEFT_ALONE: ReadonlySet<string> = new Set([
  ...[TABLES.audit, TABLES.migrations, TABLES.erasing, TABLES.stageState, TABLES.stageMetrics],
  ...[TABLES.consoleSessions, TABLES.consoleKeys, TABLES.detections],
]);

/** How often stages are asked to forget what they wrote while somebody was being erased. */
const MAX_ROUNDS = 5;

interface Statement {
  table: string;
  condition: string;
}

/** What became of one table. */
export interface ErasedTable {
  table: string;
  /** Rows deleted, as they lay on disk: several versions of one thing count each. */
  deleted: number;
  /** Rows of others that mentioned it and were rewritten without it. */
  rewritten: number;
}

export interface Erasure {
  /** How many tokens, incidents and so on were looked for. */
  targets: Record<string, number>;
  /** Tables in which something was found. */
  tables: ErasedTable[];
  /** Tables that were searched. */
  searched: string[];
  /** Entries of the audit chain that name it; they stay, or the chain would prove nothing. */
  auditEntries: number;
}

/** How a column names somebody, by its name and type; null for columns that do not. */
function conditionOf(database: string, name: string, type: string): string | null {
  const tokens = `${name} IN ${tokensOf(database)}`;
  if (type === 'FixedString(32)') {
    if (name === 'entity_key') {
      const clients = targetsOf(database, 'entity', 'toFixedString(unhex(value), 32)');
      return `(${tokens} OR ${name} IN ${clients})`;
    }
    return ['token_hash', 'hash', 'canonical', 'ancestor'].includes(name) ? tokens : null;
  }
  if (name === 'subject_hash') {
    return `${name} IN ${targetsOf(database, 'subject', 'toFixedString(unhex(value), 16)')}`;
  }
  if (type !== 'String' && type !== 'LowCardinality(String)') return null;
  if (name === 'client_id') return `${name} IN ${targetsOf(database, 'client')}`;
  if (name === 'incident_id') return `${name} IN ${targetsOf(database, 'incident')}`;
  return null;
}

interface Column {
  table: string;
  name: string;
  type: string;
}

async function readColumns(db: Db): Promise<Column[]> {
  return db.query<Column>(
    `SELECT table, name, type FROM system.columns
     WHERE database = {database:String} AND table IN (
       SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree')
     ORDER BY table, position`,
    { database: db.database },
  );
}

/** What to delete, calls first; tables are found by their columns, so that a new one is not forgotten. */
function statements(database: string, columns: readonly Column[]): Statement[] {
  const byTable = new Map<string, string[]>();
  for (const { table, name, type } of columns) {
    if (LEFT_ALONE.has(table)) continue;
    const isIncident = table === TABLES.incidents && name === 'id';
    const condition = isIncident
      ? `id IN ${targetsOf(database, 'incident')}`
      : conditionOf(database, name, type);
    if (condition !== null) byTable.set(table, [...(byTable.get(table) ?? []), condition]);
  }
  const first = (table: string): number => (table === TABLES.calls ? 0 : 1);
  return [...byTable]
    .map(([table, conditions]) => ({ table, condition: conditions.join(' OR ') }))
    .sort((a, b) => first(a.table) - first(b.table));
}

/** Columns of prose and JSON in which others' rows can mention somebody. */
const PROSE = new Set(['explanation', 'evidence', 'data', 'payload', 'match', 'comment', 'title']);

/**
 * A text without the targets: hashes become zeros, which still parse, and a client's id, where it
 * stands as a word of its own, `erased`.
 */
function without(database: string, column: string): string {
  const zeros = '0'.repeat(64);
  const list = (kind: 'token' | 'client'): string =>
    targetsOf(database, kind, 'groupUniqArray(value)');
  const edge = '[^A-Za-z0-9_-]';
  const pattern = `concat('(^|${edge})\\\\Q', x, '\\\\E($|${edge})')`;
  const hashes = `arrayFold((text, x) -> replaceAll(text, x, '${zeros}'), ${list('token')}, ${column})`;
  return `arrayFold((text, x) -> replaceRegexpAll(text, ${pattern}, '\\\\1erased\\\\2'),
    ${list('client')}, ${hashes})`;
}

async function count(db: Db, { table, condition }: Statement, erasure: string): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count() AS n FROM ${db.database}.${table} WHERE ${condition}`,
    { erasure },
  );
  return row?.n ?? 0;
}

async function mutate(db: Db, table: string, change: string, erasure: string): Promise<void> {
  await db.command(
    `ALTER TABLE ${db.database}.${table} ${change}`,
    { erasure },
    { mutations_sync: '2', allow_nondeterministic_mutations: 1 },
  );
}

async function rewrite(
  db: Db,
  columns: readonly Column[],
  erasure: string,
): Promise<Map<string, number>> {
  const rewritten = new Map<string, number>();
  const prose = columns.filter(
    ({ table, name, type }) => !LEFT_ALONE.has(table) && type === 'String' && PROSE.has(name),
  );
  for (const { table, name } of prose) {
    const clean = without(db.database, name);
    const condition = `${name} != ${clean}`;
    const rows = await count(db, { table, condition }, erasure);
    if (rows === 0) continue;
    await mutate(db, table, `UPDATE ${name} = ${clean} WHERE ${condition}`, erasure);
    rewritten.set(table, (rewritten.get(table) ?? 0) + rows);
  }
  return rewritten;
}

/** Deletes and rewrites what is there now, adds what that touched to `tables`; false when there was nothing. */
async function sweep(
  db: Db,
  erasure: string,
  { columns, work }: { columns: readonly Column[]; work: readonly Statement[] },
  tables: Map<string, ErasedTable>,
): Promise<boolean> {
  let found = false;
  const add = (table: string, change: Partial<ErasedTable>): void => {
    found = true;
    const { deleted, rewritten } = tables.get(table) ?? { deleted: 0, rewritten: 0 };
    tables.set(table, {
      table,
      deleted: deleted + (change.deleted ?? 0),
      rewritten: rewritten + (change.rewritten ?? 0),
    });
  };
  for (const statement of work) {
    const rows = await count(db, statement, erasure);
    if (rows === 0) continue;
    await mutate(db, statement.table, `DELETE WHERE ${statement.condition}`, erasure);
    const left = await count(db, statement, erasure);
    add(statement.table, { deleted: rows - left });
  }
  for (const [table, rewritten] of await rewrite(db, columns, erasure)) add(table, { rewritten });
  return found;
}

async function readAuditMentions(db: Db, erasure: string): Promise<number> {
  const clean = (column: string): string => `${column} != ${without(db.database, column)}`;
  const condition = `${clean('subject')} OR ${clean('detail')}`;
  return count(db, { table: TABLES.audit, condition }, erasure);
}

/**
 * Deletes somebody's rows from every table, physically, and their names from the texts of others.
 * Calls that arrive while it runs are not part of it.
 *
 * @param erasure a name for this run, of its own
 * @param forgotten resolves when running stages have dropped what they remember and read anew, with
 *   false when they did not; what they wrote until then is deleted as well, and where there was any
 *   they may have read it again, so that they are asked again
 * @throws Error on a cluster
 */
export async function eraseFromStore(
  db: Db,
  erasure: string,
  subject: ErasureSubject,
  forgotten?: (round: number) => Promise<boolean>,
): Promise<Erasure> {
  refuseCluster(db, 'erase');
  try {
    const targets = await writeTargets(db, erasure, subject);
    const columns = await readColumns(db);
    const work = statements(db.database, columns);
    const tables = new Map<string, ErasedTable>();
    await sweep(db, erasure, { columns, work }, tables);
    for (let round = 1; forgotten !== undefined && round <= MAX_ROUNDS; round += 1) {
      const forgot = await forgotten(round);
      const found = await sweep(db, erasure, { columns, work }, tables);
      if (!forgot || !found) break;
    }
    return {
      targets,
      tables: [...tables.values()].sort((a, b) => (a.table < b.table ? -1 : 1)),
      searched: work.map(({ table }) => table).sort(),
      auditEntries: await readAuditMentions(db, erasure),
    };
  } finally {
    await dropTargets(db, erasure);
  }
}
