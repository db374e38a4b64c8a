import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** A program's key as it is kept; times in epoch ms. The key itself is kept nowhere. */
export interface KeyRow {
  id: string;
  version: number;
  /** SHA-256 of the key, hex. */
  keyDigest: string;
  name: string;
  role: string;
  createdBy: string;
  createdAt: number;
  /** 0: does not expire. */
  expiresAt: number;
  revoked: boolean;
}

/** Keeps a key's state; the highest version of an id is the one that counts. */
export async function writeKey(db: Db, row: KeyRow): Promise<void> {
  await db.insert(TABLES.consoleKeys, [
    {
      id: row.id,
      version: row.version,
      key_digest: row.keyDigest,
      name: row.name,
      role: row.role,
      created_by: row.createdBy,
      created_at: new Date(row.createdAt).toISOString(),
      expires_at: new Date(row.expiresAt).toISOString(),
      revoked: Number(row.revoked),
    },
  ]);
}

const COLUMNS = `id, version, key_digest AS keyDigest, name, role, created_by AS createdBy,
  toUnixTimestamp64Milli(created_at) AS createdAt,
  toUnixTimestamp64Milli(expires_at) AS expiresAt, revoked`;

type Stored = Omit<KeyRow, 'revoked'> & { revoked: number };

function rowOf(stored: Stored): KeyRow {
  return { ...stored, revoked: stored.revoked === 1 };
}

/** Keys, those that work first, then the latest; revoked and expired ones included. */
export async function listKeys(db: Db, at: number, limit: number): Promise<KeyRow[]> {
  const rows = await db.query<Stored>(
    `SELECT ${COLUMNS} FROM ${db.database}.${TABLES.consoleKeys} AS k FINAL
     ORDER BY revoked = 0 AND (expiresAt = 0 OR expiresAt > {at:Int64}) DESC, createdAt DESC, id
     LIMIT {limit:UInt32}`,
    { at, limit },
  );
  return rows.map(rowOf);
}

/** One key, revoked or not, or null. */
export async function readKey(db: Db, id: string): Promise<KeyRow | null> {
  const [row] = await db.query<Stored>(
    `SELECT ${COLUMNS} FROM ${db.database}.${TABLES.consoleKeys} AS k
     WHERE id = {id:String} ORDER BY version DESC LIMIT 1`,
    { id },
  );
  return row === undefined ? null : rowOf(row);
}
