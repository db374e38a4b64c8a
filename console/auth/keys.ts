import { listKeys, readKey, writeKey } from '../../store/console/keys.ts';
import type { KeyRow } from '../../store/console/keys.ts';
import type { Db } from '../../store/db.ts';
import { ROLES } from './roles.ts';
import type { Role } from './roles.ts';
import { digest } from './secrets.ts';

/** Most keys that work at a time: all of them are held in memory. */
export const MOST_KEYS = 500;
/** How long the keys are believed before they are read again, ms: so long works elsewhere what was revoked. */
const BELIEVED_FOR = 5_000;
/** What every key begins with: anything else is refused unread, and secret scanners know it. */
const PREFIX = 'twk_';

/** What a program is known by. */
export interface KeyHolder {
  name: string;
  role: Role;
}

export interface NewKey {
  name: string;
  role: Role;
  createdBy: string;
  /** Epoch ms; 0 does not expire. */
  expiresAt: number;
}

/** The keys of programs; only their digests are kept. */
export interface Keys {
  /** Makes a key: the only time that it is seen. Says why where it cannot. */
  create: (
    wanted: NewKey,
    at: number,
  ) => Promise<{ row: KeyRow; key: string } | 'taken' | 'too many'>;
  /** Whose key this is, or null. Whatever is presented, the store is asked once in 5 s at most. */
  find: (key: string, at: number) => Promise<KeyHolder | null>;
  list: (at: number) => Promise<KeyRow[]>;
  /** Ends a key; null when there is none with this id that still works. */
  revoke: (id: string, at: number) => Promise<KeyRow | null>;
}

/** True for a key that opens something. */
export function works(row: KeyRow, at: number): boolean {
  return !row.revoked && (row.expiresAt === 0 || at < row.expiresAt);
}

/**
 * @param newId makes an unguessable id (at least 128 random bits)
 */
export function createKeys(db: Db, newId: () => string): Keys {
  let known: { rows: Promise<Map<string, KeyRow>>; at: number } | null = null;

  async function read(at: number): Promise<Map<string, KeyRow>> {
    const rows = await listKeys(db, at, MOST_KEYS);
    return new Map(rows.map((row) => [row.keyDigest, row]));
  }

  async function current(at: number): Promise<Map<string, KeyRow>> {
    if (known !== null && at - known.at < BELIEVED_FOR) return known.rows;
    const reading = { rows: read(at), at };
    known = reading;
    try {
      return await reading.rows;
    } catch (error) {
      // What could not be read is not believed: the next request asks again.
      if (known === reading) known = null;
      throw error;
    }
  }

  return {
    async create(wanted, at) {
      const working = (await listKeys(db, at, MOST_KEYS)).filter((row) => works(row, at));
      if (working.length >= MOST_KEYS) return 'too many';
      const name = wanted.name.toLowerCase();
      if (working.some((row) => row.name.toLowerCase() === name)) return 'taken';
      const key = `${PREFIX}${newId()}`;
      const made = { id: newId(), version: 1, keyDigest: digest(key), createdAt: at };
      const row: KeyRow = { ...made, ...wanted, revoked: false };
      await writeKey(db, row);
      known = null;
      return { row, key };
    },
    async find(key, at) {
      if (!key.startsWith(PREFIX)) return null;
      const row = (await current(at)).get(digest(key));
      if (row === undefined || !works(row, at)) return null;
      const role = ROLES.find((one) => one === row.role);
      return role === undefined ? null : { name: row.name, role };
    },
    list: async (at) => listKeys(db, at, MOST_KEYS),
    async revoke(id, at) {
      const row = await readKey(db, id);
      if (row === null || !works(row, at)) return null;
      const ended = { ...row, version: row.version + 1, revoked: true };
      await writeKey(db, ended);
      known = null;
      return ended;
    },
  };
}
