import type { ClusterConfig } from '../../config/cluster.ts';

/** What a table is called on each server; its plain name is the one that reaches all of them. */
export const LOCAL = '_local';

/**
 * Calls go by their token, so that all that is known of a token lies on one server and what is
 * rolled up from them never leaves it. Calls without a token go by their span.
 */
const BY_TOKEN = `if(token_hash = toFixedString('', 32), sipHash64(trace_id, span_id), sipHash64(token_hash))`;

const NAME = String.raw`\{database\}\.(\w+)`;
const CREATE_TABLE = new RegExp(
  String.raw`^CREATE TABLE IF NOT EXISTS ${NAME}\s*(\([\s\S]*\))\s*ENGINE = (\w*MergeTree)(\([^)]*\))?([\s\S]*)$`,
);
const CREATE_MATERIALIZED = new RegExp(
  String.raw`^CREATE MATERIALIZED VIEW IF NOT EXISTS ${NAME} TO ${NAME} AS\s([\s\S]*)$`,
);
const CREATE_VIEW = new RegExp(String.raw`^CREATE VIEW IF NOT EXISTS ${NAME} AS\s([\s\S]*)$`);
export const INSERT = /^INSERT INTO\b/;
const ALTER = new RegExp(String.raw`^ALTER TABLE ${NAME}\s+([\s\S]*)$`);
const RENAME = /^RENAME TABLE\s+([\s\S]*)$/;
const DROP = new RegExp(String.raw`^DROP (TABLE|VIEW) IF EXISTS ${NAME}( SYNC)?$`);
/** Changes that a table which only passes on has to follow. */
const OF_COLUMNS = /^(ADD|MODIFY|DROP|RENAME|COMMENT) COLUMN\b/;

function withoutComments(sql: string): string {
  return sql.replaceAll(/^\s*--.*$/gm, '').trim();
}

/** Equal rows must meet on one server, or nothing could replace or add them up. */
function shardingKey(table: string, rest: string): string {
  if (table === 'calls') return BY_TOKEN;
  const order = /ORDER BY\s+(?:\(([^)]*)\)|(\w+))/.exec(rest);
  const columns = order?.[1] ?? order?.[2];
  if (columns === undefined) throw new Error(`${table}: a table of a cluster needs an ORDER BY`);
  return `sipHash64(${columns})`;
}

function onCluster({ name, replicated }: ClusterConfig): string {
  return replicated ? ` ON CLUSTER '${name}'` : '';
}

function engineOf(engine: string, args: string | undefined, { replicated }: ClusterConfig): string {
  if (!replicated) return `${engine}${args ?? ''}`;
  const own = (args ?? '()').slice(1, -1).trim();
  const place = `'/clickhouse/tables/{uuid}/{shard}', '{replica}'`;
  return `Replicated${engine}(${own === '' ? place : `${place}, ${own}`})`;
}

/** What each table is called on the servers themselves, by its plain name; renaming leaves it behind. */
type LocalNames = Map<string, string>;

interface Rendering {
  cluster: ClusterConfig;
  locals: LocalNames;
  /** ` ON CLUSTER '…'`, or nothing. */
  where: string;
}

function localOf({ locals }: Rendering, table: string): string {
  return locals.get(table) ?? `${table}${LOCAL}`;
}

function createTable(match: RegExpExecArray, rendering: Rendering): string[] {
  const [, table = '', columns = '', engine = '', args, tail = ''] = match;
  const { cluster, where, locals } = rendering;
  // A name that was given away may be used again.
  locals.delete(table);
  if ([...locals.values()].includes(`${table}${LOCAL}`)) locals.set(table, `${table}_2${LOCAL}`);
  const local = localOf(rendering, table);
  const rest = cluster.replicated
    ? tail.replace('non_replicated_deduplication_window', 'replicated_deduplication_window')
    : tail;
  return [
    `CREATE TABLE IF NOT EXISTS {database}.${local}${where}\n${columns}\nENGINE = ${engineOf(engine, args, cluster)}${rest}`,
    `CREATE TABLE IF NOT EXISTS {database}.${table}${where} AS {database}.${local}\n` +
      `ENGINE = Distributed('${cluster.name}', '{database}', '${local}', ${shardingKey(table, rest)})`,
  ];
}

/** A question to the tables of one server. */
function onOneServer(select: string, rendering: Rendering): string {
  return select.replaceAll(
    /\{database\}\.(\w+)/g,
    (_all, name: string) => `{database}.${localOf(rendering, name)}`,
  );
}

function createView(match: RegExpExecArray, rendering: Rendering): string[] {
  const [, view = '', target = '', select = ''] = match;
  const here = onOneServer(select, rendering);
  return [
    `CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.${view}${rendering.where} ` +
      `TO {database}.${localOf(rendering, target)} AS\n${here}`,
  ];
}

function alterTable(match: RegExpExecArray, rendering: Rendering): string[] {
  const [, name = '', change = ''] = match;
  const alter = (table: string): string =>
    `ALTER TABLE {database}.${table}${rendering.where} ${change}`;
  // A view has one name only.
  if (change.startsWith('MODIFY QUERY')) {
    const query = onOneServer(change, rendering);
    return [`ALTER TABLE {database}.${name}${rendering.where} ${query}`];
  }
  const local = alter(localOf(rendering, name));
  return OF_COLUMNS.test(change) ? [local, alter(name)] : [local];
}

/** Only the names that pass on change: they go on leading to the tables that they led to. */
function renameTables(pairs: string, rendering: Rendering): string[] {
  const before: LocalNames = new Map(rendering.locals);
  for (const [, from = '', to = ''] of pairs.matchAll(new RegExp(`${NAME} TO ${NAME}`, 'g'))) {
    rendering.locals.set(to, before.get(from) ?? `${from}${LOCAL}`);
  }
  return [`RENAME TABLE ${pairs}${rendering.where}`];
}

function dropTable(match: RegExpExecArray, rendering: Rendering): string[] {
  const [, kind = '', name = '', sync = ''] = match;
  const drop = (table: string): string =>
    `DROP ${kind} IF EXISTS {database}.${table}${rendering.where}${sync}`;
  if (kind === 'VIEW') return [drop(name)];
  const statements = [drop(name), drop(localOf(rendering, name))];
  rendering.locals.delete(name);
  return statements;
}

/** Renders the statements of migrations, all of them and in their order: names are followed. */
export type Renderer = (statement: string) => string[];

/**
 * Migrations as a cluster needs them: tables are kept on each server and reached through one of the
 * plain name that passes on; what views roll up stays on its server. Statements and results have
 * `{database}` in the place of its name.
 *
 * @throws Error for a statement of another kind than migrations have
 */
export function createRenderer(cluster: ClusterConfig): Renderer {
  const rendering: Rendering = { cluster, locals: new Map(), where: onCluster(cluster) };
  const { where } = rendering;
  return (statement) => {
    const sql = withoutComments(statement);
    const table = CREATE_TABLE.exec(sql);
    if (table !== null) return createTable(table, rendering);
    const materialized = CREATE_MATERIALIZED.exec(sql);
    if (materialized !== null) return createView(materialized, rendering);
    const view = CREATE_VIEW.exec(sql);
    if (view !== null)
      return [`CREATE VIEW IF NOT EXISTS {database}.${view[1] ?? ''}${where} AS\n${view[2] ?? ''}`];
    const alter = ALTER.exec(sql);
    if (alter !== null) return alterTable(alter, rendering);
    const rename = RENAME.exec(sql);
    if (rename !== null) return renameTables(rename[1] ?? '', rendering);
    const drop = DROP.exec(sql);
    if (drop !== null) return dropTable(drop, rendering);
    // What is filled from other tables is read from all servers, and each row goes to its own.
    if (INSERT.test(sql)) return [sql];
    throw new Error(`no rendering for a cluster: ${sql.slice(0, 80)}`);
  };
}
