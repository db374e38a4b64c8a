import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** A session as it is kept; times in epoch ms. */
export interface SessionRow {
  /** SHA-256 of the session's id, hex. */
  idDigest: string;
  version: number;
  person: string;
  role: string;
  createdAt: number;
  seenAt: number;
  expiresAt: number;
  ended: boolean;
}

/** Keeps a session's state; the highest version of an id is the one that counts. */
export async function writeSession(db: Db, row: SessionRow): Promise<void> {
  await db.insert(TABLES.consoleSessions, [
    {
      id_digest: row.idDigest,
      version: row.version,
      person: row.person,
      role: row.role,
      created_at: new Date(row.createdAt).toISOString(),
      seen_at: new Date(row.seenAt).toISOString(),
      expires_at: new Date(row.expiresAt).toISOString(),
      ended: Number(row.ended),
    },
  ]);
}

/** The session of an id's digest, ended and expired ones included, or null. */
export async function readSession(db: Db, idDigest: string): Promise<SessionRow | null> {
  const [row] = await db.query<Omit<SessionRow, 'ended'> & { ended: number }>(
    `SELECT id_digest AS idDigest, version, person, role,
       toUnixTimestamp64Milli(created_at) AS createdAt, toUnixTimestamp64Milli(seen_at) AS seenAt,
       toUnixTimestamp64Milli(expires_at) AS expiresAt, ended
     FROM ${db.database}.${TABLES.consoleSessions}
     WHERE id_digest = {idDigest:String} ORDER BY version DESC LIMIT 1`,
    { idDigest },
  );
  return row === undefined ? null : { ...row, ended: row.ended === 1 };
}
