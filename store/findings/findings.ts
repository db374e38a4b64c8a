import type { Finding } from '../../model/finding.ts';
import type { Severity } from '../../model/severity.ts';
import type { Db } from '../db.ts';
import { definedParams, severitiesFrom } from '../filter.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** A finding as its table row reads, times in epoch ms. */
type FindingRow = Record<keyof typeof COLUMNS, string | number>;

const COLUMNS = {
  id: 'String',
  detected_at: 'Int64',
  detection: 'String',
  family: 'String',
  title: 'String',
  severity: 'String',
  score: 'Float64',
  bits: 'Float64',
  entity: 'String',
  token_hash: 'String',
  client_id: 'String',
  name: 'String',
  service: 'String',
  environment: 'String',
  window_start: 'Int64',
  window_end: 'Int64',
  first_call_at: 'Int64',
  calls: 'UInt64',
  explanation: 'String',
  evidence: 'String',
} as const;

const TIMES = ['detected_at', 'window_start', 'window_end', 'first_call_at'] as const;

const SELECTED = Object.keys(COLUMNS)
  .map((name) => {
    // An alias of the column's own name would shadow it in WHERE; the caller reads t_<name>.
    if ((TIMES as readonly string[]).includes(name))
      return `toUnixTimestamp64Milli(${name}) AS t_${name}`;
    if (name === 'token_hash') return `lower(hex(token_hash)) AS t_token_hash`;
    if (name === 'severity' || name === 'entity') return `toString(${name}) AS t_${name}`;
    return `${name} AS t_${name}`;
  })
  .join(', ');

function rowOf(finding: Finding): FindingRow {
  return {
    id: finding.id,
    detected_at: Math.round(finding.detectedAt),
    detection: finding.detection,
    family: finding.family,
    title: finding.title,
    severity: finding.severity,
    score: finding.score,
    bits: finding.bits,
    entity: finding.entity,
    token_hash: finding.tokenHash,
    client_id: finding.clientId,
    name: finding.name ?? '',
    service: finding.service,
    environment: finding.environment,
    window_start: Math.round(finding.windowStart),
    window_end: Math.round(finding.windowEnd),
    first_call_at: Math.round(finding.firstCallAt),
    calls: finding.calls,
    explanation: finding.explanation,
    evidence: JSON.stringify(finding.evidence),
  };
}

const ZERO_HASH = '0'.repeat(64);

/** Rows are ours alone: {@link writeFindings} is the only writer, so types are asserted, not parsed. */
function findingOf(row: Record<string, string | number>): Finding {
  const text = (name: string): string => String(row[`t_${name}`] ?? '');
  const number = (name: string): number => Number(row[`t_${name}`] ?? 0);
  const tokenHash = text('token_hash');
  return {
    id: text('id'),
    detection: text('detection'),
    family: text('family') as Finding['family'],
    title: text('title'),
    severity: text('severity') as Severity,
    score: number('score'),
    bits: number('bits'),
    entity: text('entity') as Finding['entity'],
    tokenHash: (tokenHash === ZERO_HASH ? '' : tokenHash) as Finding['tokenHash'],
    clientId: text('client_id'),
    ...(text('name') === '' ? {} : { name: text('name') }),
    service: text('service'),
    environment: text('environment'),
    windowStart: number('window_start'),
    windowEnd: number('window_end'),
    firstCallAt: number('first_call_at'),
    detectedAt: number('detected_at'),
    calls: number('calls'),
    explanation: text('explanation'),
    evidence: JSON.parse(text('evidence') || '{"seen":""}') as Finding['evidence'],
  };
}

/** Keeps findings; writing the same id again changes nothing that readers see. */
export async function writeFindings(db: Db, findings: readonly Finding[]): Promise<void> {
  const insert = { table: TABLES.findings, columns: COLUMNS, hashes: ['token_hash'], times: TIMES };
  await insertHashed(db, insert, findings.map(rowOf));
}

/** A finding and when it was written, epoch ms (the cursor of whoever follows the table). */
export interface WrittenFinding {
  writtenAt: number;
  finding: Finding;
}

/**
 * Findings written at or after `since` (epoch ms, the server's clock), oldest first, each id once, for
 * incidents to be made of: those of detections that are watched only are left out.
 *
 * @param limit at most this many
 * @param afterId to go on behind a full answer: its last finding's id, with `since` its `writtenAt`
 */
export async function readFindingsSince(
  db: Db,
  since: number,
  limit: number,
  afterId = '',
): Promise<WrittenFinding[]> {
  const rows = await db.query<Record<string, string | number>>(
    `SELECT ${SELECTED}, toUnixTimestamp64Milli(written_at) AS t_written_at
     FROM ${db.database}.${TABLES.findings}
     WHERE written_at >= fromUnixTimestamp64Milli({since:Int64})
       AND (written_at > fromUnixTimestamp64Milli({since:Int64}) OR id > {afterId:String})
       AND detection NOT IN (
         SELECT detection FROM ${db.database}.${TABLES.watchOnly} FINAL WHERE reason != ''
       )
     ORDER BY written_at, id LIMIT 1 BY id LIMIT {limit:UInt32}`,
    { since: Math.floor(since), limit, afterId },
  );
  return rows.map((row) => ({ writtenAt: Number(row['t_written_at']), finding: findingOf(row) }));
}

/** What {@link readFindings} may be narrowed by; absent keys do not narrow. */
export interface FindingFilter {
  tokenHash?: string;
  clientId?: string;
  detection?: string;
  minSeverity?: Severity;
  /** Detected at or after, and before, epoch ms. */
  since?: number;
  until?: number;
  ids?: readonly string[];
  limit?: number;
  offset?: number;
}

function conditionsOf(filter: FindingFilter): string[] {
  const conditions = ['1'];
  if (filter.tokenHash !== undefined) conditions.push('token_hash = unhex({tokenHash:String})');
  if (filter.clientId !== undefined) conditions.push('client_id = {clientId:String}');
  if (filter.detection !== undefined) conditions.push('detection = {detection:String}');
  if (filter.minSeverity !== undefined) {
    conditions.push('toString(severity) IN {severities:Array(String)}');
  }
  if (filter.since !== undefined)
    conditions.push('detected_at >= fromUnixTimestamp64Milli({since:Int64})');
  if (filter.until !== undefined)
    conditions.push('detected_at < fromUnixTimestamp64Milli({until:Int64})');
  if (filter.ids !== undefined) conditions.push('id IN {ids:Array(String)}');
  return conditions;
}

/** Findings that a filter leaves, newest first; 100 unless `limit` says otherwise. */
export async function readFindings(db: Db, filter: FindingFilter = {}): Promise<Finding[]> {
  const rows = await db.query<Record<string, string | number>>(
    `SELECT ${SELECTED} FROM ${db.database}.${TABLES.findings}
     WHERE ${conditionsOf(filter).join(' AND ')}
     ORDER BY detected_at DESC, id, written_at DESC LIMIT 1 BY id
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    definedParams({
      ...filter,
      severities: severitiesFrom(filter.minSeverity),
      limit: filter.limit ?? 100,
      offset: filter.offset ?? 0,
    }),
  );
  return rows.map(findingOf);
}
