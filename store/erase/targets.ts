import { createHash } from 'node:crypto';
import type { Pseudonym, TokenHash } from '../../model/hash.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Whose data is to go: one token, everything of a client, or everything about a subject. */
export type ErasureSubject =
  | { kind: 'token'; tokenHash: TokenHash }
  | { kind: 'client'; clientId: string }
  | { kind: 'subject'; subjectHash: Pseudonym };

/** What an erasure looks for; `entity` is a client as the detector keys it, SHA-256 of its id. */
export type TargetKind = 'token' | 'client' | 'entity' | 'subject' | 'incident';

/** The values of one kind, as a subquery; binds the parameter `erasure`. */
export function targetsOf(database: string, kind: TargetKind, value = 'value'): string {
  return `(SELECT ${value} FROM ${database}.${TABLES.erasing}
    WHERE erasure = {erasure:String} AND kind = '${kind}')`;
}

/** Hashes of tokens as they are kept, as a subquery. */
export function tokensOf(database: string): string {
  return targetsOf(database, 'token', 'toFixedString(unhex(value), 32)');
}

function seeds(subject: ErasureSubject): [TargetKind, string][] {
  if (subject.kind === 'token') return [['token', subject.tokenHash]];
  if (subject.kind === 'subject') return [['subject', subject.subjectHash]];
  const { clientId } = subject;
  const key = createHash('sha256').update(clientId, 'utf8').digest('hex');
  return [
    ['client', clientId],
    ['entity', key],
  ];
}

/** Selects the tokens that are the client's alone: of one that others use as well only its own rows go. */
function tokensOfClient(database: string): string {
  const others = `SELECT token_hash FROM ${database}.${TABLES.clientValues}
    WHERE client_id NOT IN ${targetsOf(database, 'client')}`;
  const from = (table: string): string =>
    `SELECT token_hash FROM ${database}.${table}
     WHERE client_id IN ${targetsOf(database, 'client')} AND token_hash NOT IN (${others})`;
  const both = `${from(TABLES.clientValues)} UNION DISTINCT ${from(TABLES.tokenRegistry)}`;
  return `SELECT DISTINCT lower(hex(token_hash)) FROM (${both})`;
}

/** Selects the tokens that were never used for another subject. */
function tokensOfSubject(database: string): string {
  const subjects = targetsOf(database, 'subject', 'toFixedString(unhex(value), 16)');
  return `SELECT lower(hex(token_hash)) FROM ${database}.${TABLES.calls}
    WHERE token_hash != toFixedString('', 32) AND token_hash IN (
      SELECT token_hash FROM ${database}.${TABLES.calls} WHERE subject_hash IN ${subjects})
    GROUP BY token_hash
    HAVING countIf(subject_hash != toFixedString('', 16) AND subject_hash NOT IN ${subjects}) = 0`;
}

/** Selects every other hash under which the tokens were known: rotated peppers leave links. */
function aliases(database: string): string {
  const table = `${database}.${TABLES.tokenAliases}`;
  const roots = `SELECT canonical FROM ${table}
    WHERE hash IN ${tokensOf(database)} OR canonical IN ${tokensOf(database)}`;
  return `SELECT DISTINCT lower(hex(arrayJoin([hash, canonical]))) FROM ${table}
    WHERE canonical IN (${roots})`;
}

function incidents(database: string): string {
  const clients = targetsOf(database, 'client');
  return `SELECT DISTINCT id FROM ${database}.${TABLES.incidents}
    WHERE token_hash IN ${tokensOf(database)} OR client_id IN ${clients}
      OR (campaign_kind = 'client' AND campaign_key IN ${clients})`;
}

/**
 * Writes down everything that names the subject, where the deleting statements look for it.
 *
 * @returns how many values of each kind
 */
export async function writeTargets(
  db: Db,
  erasure: string,
  subject: ErasureSubject,
): Promise<Record<string, number>> {
  const { database } = db;
  await db.insert(
    TABLES.erasing,
    seeds(subject).map(([kind, value]) => ({ erasure, kind, value })),
  );
  const add = async (kind: TargetKind, select: string): Promise<void> => {
    await db.command(
      `INSERT INTO ${database}.${TABLES.erasing} (erasure, kind, value)
       SELECT {erasure:String}, '${kind}', * FROM (${select})`,
      { erasure },
    );
  };
  if (subject.kind === 'client') await add('token', tokensOfClient(database));
  if (subject.kind === 'subject') await add('token', tokensOfSubject(database));
  await add('token', aliases(database));
  await add('incident', incidents(database));
  const rows = await db.query<{ kind: string; n: number }>(
    `SELECT toString(kind) AS kind, uniqExact(value) AS n FROM ${database}.${TABLES.erasing}
     WHERE erasure = {erasure:String} GROUP BY kind ORDER BY kind`,
    { erasure },
  );
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
}

/** Forgets the targets of an erasure that ended, whether or not it succeeded. */
export async function dropTargets(db: Db, erasure: string): Promise<void> {
  await db.command(
    `ALTER TABLE ${db.database}.${TABLES.erasing} DELETE WHERE erasure = {erasure:String}`,
    { erasure },
    { mutations_sync: '2' },
  );
}
