import { LRUCache } from 'lru-cache';
import { readSession, writeSession } from '../../store/console/sessions.ts';
import type { SessionRow } from '../../store/console/sessions.ts';
import type { Db } from '../../store/db.ts';
import type { Role } from './roles.ts';
import { ROLES } from './roles.ts';
import { digest } from './secrets.ts';

/** A session ends this long after it began, and this long after it was last used, ms. */
export const SESSION_LIFETIME = 12 * 3_600_000;
export const SESSION_IDLE = 2 * 3_600_000;
/** How often a use is written down, and how long a look-up is believed, ms. */
const SEEN_EVERY = 5 * 60_000;
const BELIEVED_FOR = 5_000;

/** Who a session belongs to. */
export interface Session {
  person: string;
  role: Role;
  /** Epoch ms. */
  expiresAt: number;
}

/** Sign-ins of people, kept in the store: a restart signs nobody out, ending one ends it everywhere. */
export interface Sessions {
  /** Begins a session; its id is for the cookie alone. */
  begin: (person: string, role: Role, at: number) => Promise<string>;
  /** Whose session this is, or null when there is none (any more). */
  find: (id: string, at: number) => Promise<Session | null>;
  end: (id: string, at: number) => Promise<void>;
}

function isLive(row: SessionRow, at: number): boolean {
  return !row.ended && at < row.expiresAt && at - row.seenAt < SESSION_IDLE;
}

function sessionOf(row: SessionRow): Session | null {
  const role = ROLES.find((known) => known === row.role);
  return role === undefined ? null : { person: row.person, role, expiresAt: row.expiresAt };
}

/**
 * @param newId makes an unguessable id (at least 128 random bits)
 */
export function createSessions(db: Db, newId: () => string): Sessions {
  const looked = new LRUCache<string, { row: SessionRow; at: number }>({ max: 10_000 });

  async function rowOf(idDigest: string, at: number): Promise<SessionRow | null> {
    const known = looked.get(idDigest);
    if (known !== undefined && at - known.at < BELIEVED_FOR) return known.row;
    const row = await readSession(db, idDigest);
    if (row !== null) looked.set(idDigest, { row, at });
    return row;
  }

  async function keep(row: SessionRow, at: number): Promise<void> {
    await writeSession(db, row);
    looked.set(row.idDigest, { row, at });
  }

  return {
    async begin(person, role, at) {
      const id = newId();
      const times = { createdAt: at, seenAt: at, expiresAt: at + SESSION_LIFETIME };
      await keep({ idDigest: digest(id), version: 1, person, role, ended: false, ...times }, at);
      return id;
    },
    async find(id, at) {
      const row = await rowOf(digest(id), at);
      if (row === null || !isLive(row, at)) return null;
      if (at - row.seenAt > SEEN_EVERY) {
        await keep({ ...row, version: row.version + 1, seenAt: at }, at);
      }
      return sessionOf(row);
    },
    async end(id, at) {
      const row = await rowOf(digest(id), at);
      if (row !== null) await keep({ ...row, version: row.version + 1, ended: true }, at);
    },
  };
}
