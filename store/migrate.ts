import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { INSERT, createRenderer } from './cluster/render.ts';
import type { Db } from './db.ts';
import { TABLES } from './tables.ts';

/** One numbered SQL file. */
export interface Migration {
  number: number;
  name: string;
  statements: string[];
  checksum: string;
}

/** How long to wait for another process's migration, and when its lock counts as abandoned, ms. */
const LOCK_PATIENCE = 120_000;
const LOCK_ABANDONED_SECONDS = 90;

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));

/** The statements of a migration file: split at semicolons that end a line, comments kept. */
function statementsOf(sql: string): string[] {
  return sql
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '');
}

/**
 * The migrations of this version of tokenwatch, in order.
 *
 * @throws Error when a file's name is not `NNN_name.sql` or a number is used twice
 */
export function readMigrations(folder: string = FOLDER): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const match = /^(\d{3})_([a-z0-9_]+)\.sql$/.exec(file);
      if (match === null) throw new Error(`migration ${file}: expected a name like 001_calls.sql`);
      const sql = readFileSync(`${folder}/${file}`, 'utf8');
      return {
        number: Number(match[1]),
        name: match[2] ?? '',
        statements: statementsOf(sql),
        checksum: createHash('sha256').update(sql).digest('hex').slice(0, 16),
      };
    });
  migrations.forEach((migration, index) => {
    if (migrations[index + 1]?.number === migration.number) {
      throw new Error(`two migrations have the number ${String(migration.number)}`);
    }
  });
  return migrations;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && /TABLE_ALREADY_EXISTS|already exists/.test(error.message);
}

/** Creating a table is atomic in ClickHouse, so an empty table serves as the lock. */
async function withLock<T>(db: Db, work: () => Promise<T>): Promise<T> {
  const table = `${db.database}.migration_lock`;
  const deadline = Date.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      await db.command(`CREATE TABLE ${table} (x UInt8) ENGINE = MergeTree ORDER BY x`);
      break;
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
    }
    const [lock] = await db.query<{ age: number }>(
      `SELECT dateDiff('second', metadata_modification_time, now()) AS age FROM system.tables
       WHERE database = {database:String} AND name = 'migration_lock'`,
      { database: db.database },
    );
    if (lock !== undefined && lock.age > LOCK_ABANDONED_SECONDS) {
      await db.command(`DROP TABLE IF EXISTS ${table} SYNC`);
    }
    if (Date.now() > deadline) throw new Error(`${table} is held by another process: waited 2 min`);
    await delay(100);
  }
  try {
    return await work();
  } finally {
    await db.command(`DROP TABLE IF EXISTS ${table} SYNC`);
  }
}

async function applied(db: Db): Promise<Map<number, string>> {
  const rows = await db.query<{ number: number; name: string }>(
    `SELECT number, any(name) AS name FROM ${db.database}.${TABLES.migrations} GROUP BY number`,
  );
  return new Map(rows.map((row) => [row.number, row.name]));
}

const OWN_TABLE = `CREATE TABLE IF NOT EXISTS {database}.${TABLES.migrations}
(number UInt32, name String, checksum String, applied_at DateTime DEFAULT now())
ENGINE = ReplacingMergeTree
ORDER BY number`;

/** Runs statements of migrations, as they are or as a cluster needs them; `isDone` only reads one. */
function applier(db: Db): (statement: string, isDone?: boolean) => Promise<void> {
  const render = db.cluster === null ? (one: string) => [one] : createRenderer(db.cluster);
  return async (statement, isDone = false) => {
    const rendered = render(statement);
    if (isDone) return;
    for (const one of rendered) {
      const sql = one.replaceAll('{database}', db.database);
      // Rows that are filled in go through the tables that pass on: once.
      await (INSERT.test(sql) ? db.command(sql) : db.everywhere(sql));
    }
  };
}

/**
 * Brings the schema up to this version: creates the database, applies what is missing in order,
 * each once, and records it. Safe when two processes start at once: one waits for the other.
 *
 * @returns the numbers that were applied now
 * @throws Error when the schema is newer than this version of tokenwatch
 */
export async function migrate(
  db: Db,
  migrations: readonly Migration[] = readMigrations(),
): Promise<number[]> {
  if (!/^[a-z_][a-z0-9_]*$/i.test(db.database)) {
    throw new Error(`clickhouse.database: ${JSON.stringify(db.database)} is not a plain name`);
  }
  const name = db.cluster?.replicated === true ? ` ON CLUSTER '${db.cluster.name}'` : '';
  await db.everywhere(`CREATE DATABASE IF NOT EXISTS ${db.database}${name}`);
  return withLock(db, async () => {
    const apply = applier(db);
    await apply(OWN_TABLE);
    const done = await applied(db);
    const newest = migrations.at(-1)?.number ?? 0;
    for (const [number, name] of done) {
      if (number > newest) {
        throw new Error(
          `the schema of ${db.database} is newer than this tokenwatch: it has migration ` +
            `${String(number)} (${name}), this version knows up to ${String(newest)}. Upgrade tokenwatch.`,
        );
      }
    }
    const now: number[] = [];
    for (const migration of migrations) {
      const isDone = done.has(migration.number);
      // A cluster's names are followed through all migrations, also those that are there.
      for (const statement of migration.statements) await apply(statement, isDone);
      if (isDone) continue;
      const { number, name, checksum } = migration;
      await db.insert(TABLES.migrations, [{ number, name, checksum }]);
      now.push(number);
    }
    return now;
  });
}
