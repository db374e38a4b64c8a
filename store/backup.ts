import { refuseCluster } from './cluster/refuse.ts';
import type { Db } from './db.ts';
import { TABLES } from './tables.ts';

/** Where a backup lies: below the server's own backup folder, or on a disk that it has. */
export interface BackupPlace {
  /** A file name such as `monday.tar.gz`; ClickHouse packs by its ending. */
  name: string;
  /** A disk of the server (S3, another volume); its folder of backups when left out. */
  disk?: string | undefined;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,200}$/;

/**
 * A place as ClickHouse writes it. `BACKUP` takes no parameters there, so names are plain.
 *
 * @throws Error when a name is not plain
 */
function placeSql({ name, disk }: BackupPlace): string {
  for (const part of disk === undefined ? [name] : [name, disk]) {
    if (!NAME.test(part)) throw new Error(`${JSON.stringify(part)} is not a plain name`);
  }
  return disk === undefined ? `File('${name}')` : `Disk('${disk}', '${name}')`;
}

/**
 * Backs the whole database up; resolves with its bytes when it is complete.
 *
 * @throws Error on a cluster
 */
export async function backup(db: Db, place: BackupPlace): Promise<{ bytes: number }> {
  refuseCluster(db, 'backup');
  const [row] = await db.query<{ id: string; status: string }>(
    `BACKUP DATABASE ${db.database} TO ${placeSql(place)}`,
  );
  const [done] = await db.query<{ bytes: number }>(
    `SELECT compressed_size AS bytes FROM system.backups WHERE id = {id:String}`,
    { id: row?.id ?? '' },
  );
  return { bytes: done?.bytes ?? 0 };
}

/** How many calls the database holds; null when it is not there. */
export async function countCalls(db: Db): Promise<number | null> {
  const [table] = await db.query<{ n: number }>(
    `SELECT count() AS n FROM system.tables
     WHERE database = {database:String} AND name = {name:String}`,
    { database: db.database, name: TABLES.calls },
  );
  if (table?.n !== 1) return null;
  const [row] = await db.query<{ n: number }>(
    `SELECT count() AS n FROM ${db.database}.${TABLES.calls}`,
  );
  return row?.n ?? 0;
}

/**
 * Puts a backup in the place of a database without calls.
 *
 * @throws Error on a cluster, and when the database holds calls: they would be lost
 */
export async function restore(db: Db, place: BackupPlace): Promise<void> {
  refuseCluster(db, 'restore');
  const from = placeSql(place);
  const calls = await countCalls(db);
  if (calls !== null && calls > 0) {
    throw new Error(
      `${db.database} holds ${String(calls)} calls, which a backup would replace: restore into ` +
        'another clickhouse.database, or drop this one first',
    );
  }
  await db.command(`DROP DATABASE IF EXISTS ${db.database} SYNC`);
  await db.query(`RESTORE DATABASE ${db.database} FROM ${from}`);
}
