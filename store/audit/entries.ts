import type { AuditEntry, AuditLink } from '../../model/audit.ts';
import type { Db } from '../db.ts';
import { definedParams } from '../filter.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

const COLUMNS = {
  ...{ chain: 'String', seq: 'UInt64', at: 'Int64', actor: 'String', action: 'String' },
  ...{ subject: 'String', detail: 'String', links: 'String', previous: 'String' },
  ...{ hash: 'String', signature: 'String' },
} as const;

interface EntryRow {
  chain: string;
  seq: number;
  at_ms: number;
  actor: string;
  action: string;
  subject: string;
  detail: string;
  links: string;
  previous: string;
  hash: string;
  signature: string;
}

function entryOf({ at_ms: at, detail, links, ...row }: EntryRow): AuditEntry {
  return {
    ...row,
    at,
    detail: JSON.parse(detail) as AuditEntry['detail'],
    links: JSON.parse(links) as AuditLink[],
  };
}

/** Keeps sealed entries; one that is there already stays as it is. */
export async function writeAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  const rows = entries.map((entry) => ({
    ...entry,
    detail: JSON.stringify(entry.detail),
    links: JSON.stringify(entry.links),
  }));
  const insert = { table: TABLES.audit, columns: COLUMNS, hashes: [], times: ['at'] };
  await insertHashed(db, insert, rows);
}

/** The ends of the chains, the most recent hundred: what a new chain vouches for. */
export async function readAuditHeads(db: Db): Promise<AuditLink[]> {
  const rows = await db.query<{ chain: string; last_seq: number; last_hash: string }>(
    `SELECT chain, max(seq) AS last_seq, argMax(hash, seq) AS last_hash
     FROM ${db.database}.${TABLES.audit} GROUP BY chain ORDER BY max(at) DESC LIMIT 100`,
  );
  return rows.map((row) => ({ chain: row.chain, seq: row.last_seq, hash: row.last_hash }));
}

/** What {@link readAudit} may be narrowed by; absent keys do not narrow. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  subject?: string;
  /** At or after, and before, epoch ms. */
  since?: number;
  until?: number;
  limit?: number;
  offset?: number;
}

const CONDITIONS: Partial<Record<keyof AuditFilter, string>> = {
  actor: 'actor = {actor:String}',
  action: 'action = {action:String}',
  subject: 'subject = {subject:String}',
  since: 'at >= fromUnixTimestamp64Milli({since:Int64})',
  until: 'at < fromUnixTimestamp64Milli({until:Int64})',
};

const SELECTED = `chain, seq, toUnixTimestamp64Milli(at) AS at_ms, actor, action, subject, detail,
       links, previous, hash, signature`;

/** Entries that a filter leaves, latest first; 100 unless `limit` says otherwise. */
export async function readAudit(db: Db, filter: AuditFilter = {}): Promise<AuditEntry[]> {
  const asked = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter(
    (key) => filter[key] !== undefined,
  );
  const conditions = ['1', ...asked.map((key) => CONDITIONS[key] ?? '1')].join(' AND ');
  const rows = await db.query<EntryRow>(
    `SELECT ${SELECTED} FROM ${db.database}.${TABLES.audit} FINAL
     WHERE ${conditions} ORDER BY at DESC, chain, seq DESC
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...definedParams(filter), limit: filter.limit ?? 100, offset: filter.offset ?? 0 },
  );
  return rows.map(entryOf);
}

/** Every entry, chain by chain, for an export or a verification; read in batches. */
export async function* exportAudit(db: Db): AsyncGenerator<AuditEntry> {
  const size = 10_000;
  let after = { chain: '', seq: -1, hash: '' };
  for (;;) {
    const rows = await db.query<EntryRow>(
      `SELECT ${SELECTED} FROM ${db.database}.${TABLES.audit} FINAL
       WHERE (chain, toInt64(seq), hash) > ({chain:String}, {seq:Int64}, {hash:String})
       ORDER BY chain, seq, hash LIMIT {size:UInt32}`,
      { ...after, size },
    );
    for (const row of rows) yield entryOf(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    after = last;
  }
}
