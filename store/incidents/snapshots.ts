import { containedAt, entityKeyOfIncident } from '../../model/incident.ts';
import type { Incident, IncidentStatus } from '../../model/incident.ts';
import type { Severity } from '../../model/severity.ts';
import type { Db } from '../db.ts';
import { definedParams, severitiesFrom } from '../filter.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** An incident as lists show it: its findings and members are counts. */
export type IncidentRow = Omit<
  Incident,
  'findings' | 'members' | 'containment' | 'saturated' | 'responseNote'
> & {
  findings: number;
  members: number;
};

const COLUMNS = {
  id: 'String',
  version: 'UInt64',
  status: 'String',
  severity: 'String',
  score: 'Float64',
  bits: 'Float64',
  entity: 'String',
  entity_key: 'String',
  token_hash: 'String',
  client_id: 'String',
  name: 'String',
  title: 'String',
  explanation: 'String',
  detections: 'Array(String)',
  services: 'Array(String)',
  environments: 'Array(String)',
  findings: 'UInt32',
  opened_at: 'Int64',
  updated_at: 'Int64',
  first_call_at: 'Int64',
  closed_at: 'Int64',
  assignee: 'String',
  response: 'String',
  campaign_kind: 'String',
  campaign_key: 'String',
  campaign: 'String',
  members: 'UInt32',
  alerted_at: 'Int64',
  found_at: 'Int64',
  contained_at: 'Int64',
} as const;

const TIMES = [
  ...['opened_at', 'updated_at', 'first_call_at', 'closed_at', 'alerted_at', 'found_at'],
  'contained_at',
];

function rowOf(incident: Incident): Record<keyof typeof COLUMNS, unknown> {
  return {
    id: incident.id,
    version: incident.version,
    status: incident.status,
    severity: incident.severity,
    score: incident.score,
    bits: incident.bits,
    entity: incident.entity,
    entity_key: entityKeyOfIncident(incident),
    token_hash: incident.tokenHash,
    client_id: incident.clientId,
    name: incident.name,
    title: incident.title,
    explanation: incident.explanation,
    detections: incident.detections,
    services: incident.services,
    environments: incident.environments,
    findings: incident.findings.length,
    opened_at: Math.round(incident.openedAt),
    updated_at: Math.round(incident.updatedAt),
    first_call_at: Math.round(incident.firstCallAt),
    closed_at: Math.round(incident.closedAt),
    assignee: incident.assignee,
    response: incident.response,
    campaign_kind: incident.campaignOf?.kind ?? '',
    campaign_key: incident.campaignOf?.key ?? '',
    campaign: incident.campaign,
    members: incident.members.length,
    alerted_at: Math.round(incident.containment.alertedAt),
    found_at: Math.round(incident.containment.foundAt),
    contained_at: Math.round(containedAt(incident)),
  };
}

/** Keeps the derived rows of incidents; the row of the latest version is the one that is read. */
export async function writeSnapshots(db: Db, incidents: readonly Incident[]): Promise<void> {
  const insert = {
    table: TABLES.incidents,
    columns: COLUMNS,
    hashes: ['token_hash'],
    times: TIMES,
  };
  await insertHashed(db, insert, incidents.map(rowOf));
}

const ZERO_HASH = '0'.repeat(64);

const SELECTED = Object.keys(COLUMNS)
  .map((name) => {
    if (TIMES.includes(name)) return `toUnixTimestamp64Milli(${name}) AS r_${name}`;
    if (name === 'token_hash') return `lower(hex(token_hash)) AS r_token_hash`;
    if (name === 'severity' || name === 'entity') return `toString(${name}) AS r_${name}`;
    return `${name} AS r_${name}`;
  })
  .join(', ');

function incidentOf(row: Record<string, unknown>): IncidentRow {
  const text = (name: string): string => row[`r_${name}`] as string;
  const number = (name: string): number => Number(row[`r_${name}`]);
  const list = (name: string): string[] => row[`r_${name}`] as string[];
  const kind = text('campaign_kind') as 'client' | 'network' | '';
  const tokenHash = text('token_hash');
  return {
    id: text('id'),
    status: text('status') as IncidentStatus,
    severity: text('severity') as Severity,
    score: number('score'),
    bits: number('bits'),
    entity: text('entity') as Incident['entity'],
    tokenHash: (tokenHash === ZERO_HASH ? '' : tokenHash) as Incident['tokenHash'],
    clientId: text('client_id'),
    name: text('name'),
    title: text('title'),
    explanation: text('explanation'),
    detections: list('detections'),
    services: list('services'),
    environments: list('environments'),
    findings: number('findings'),
    openedAt: number('opened_at'),
    updatedAt: number('updated_at'),
    firstCallAt: number('first_call_at'),
    closedAt: number('closed_at'),
    assignee: text('assignee'),
    response: text('response') as Incident['response'],
    campaignOf: kind === '' ? null : { kind, key: text('campaign_key') },
    campaign: text('campaign'),
    members: number('members'),
    version: number('version'),
  };
}

/** What {@link listIncidents} may be narrowed by; absent keys do not narrow. */
export interface IncidentFilter {
  statuses?: readonly IncidentStatus[];
  minSeverity?: Severity;
  tokenHash?: string;
  clientId?: string;
  detection?: string;
  service?: string;
  environment?: string;
  assignee?: string;
  /** As `entityKeyOfIncident` makes them. */
  entityKeys?: readonly string[];
  ids?: readonly string[];
  /** Members of this campaign. */
  campaign?: string;
  /** Updated at or after, opened before, epoch ms. */
  updatedSince?: number;
  openedBefore?: number;
  order?: 'updated' | 'opened' | 'score' | 'severity';
  limit?: number;
  offset?: number;
}

/** One condition for each key of the filter; the key is also the parameter's name. */
const CONDITIONS: Partial<Record<keyof IncidentFilter, string>> = {
  statuses: 'status IN {statuses:Array(String)}',
  minSeverity: 'toString(severity) IN {severities:Array(String)}',
  tokenHash: 'token_hash = unhex({tokenHash:String})',
  clientId: 'client_id = {clientId:String}',
  detection: 'has(detections, {detection:String})',
  service: 'has(services, {service:String})',
  environment: 'has(environments, {environment:String})',
  assignee: 'assignee = {assignee:String}',
  entityKeys: 'entity_key IN {entityKeys:Array(String)}',
  ids: 'id IN {ids:Array(String)}',
  campaign: 'campaign = {campaign:String}',
  updatedSince: 'updated_at >= fromUnixTimestamp64Milli({updatedSince:Int64})',
  openedBefore: 'opened_at < fromUnixTimestamp64Milli({openedBefore:Int64})',
};

const ORDERS = {
  updated: 'updated_at DESC',
  opened: 'opened_at DESC',
  score: 'score DESC',
  severity: 'severity DESC, score DESC',
} as const;

function where(filter: IncidentFilter): string {
  const asked = (Object.keys(CONDITIONS) as (keyof IncidentFilter)[]).filter(
    (key) => filter[key] !== undefined,
  );
  return ['1', ...asked.map((key) => CONDITIONS[key] ?? '1')].join(' AND ');
}

function paramsOf(filter: IncidentFilter): Record<string, unknown> {
  return definedParams({ ...filter, severities: severitiesFrom(filter.minSeverity) });
}

/** Incidents that a filter leaves, latest first (or by `order`); 100 unless `limit` says otherwise. */
export async function listIncidents(db: Db, filter: IncidentFilter = {}): Promise<IncidentRow[]> {
  const rows = await db.query<Record<string, unknown>>(
    `SELECT ${SELECTED} FROM ${db.database}.${TABLES.incidents} FINAL
     WHERE ${where(filter)} ORDER BY ${ORDERS[filter.order ?? 'updated']}, id
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...paramsOf(filter), limit: filter.limit ?? 100, offset: filter.offset ?? 0 },
  );
  return rows.map(incidentOf);
}

/** How many incidents a filter leaves; its `limit` and `offset` do not count. */
export async function countIncidents(db: Db, filter: IncidentFilter = {}): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT count() AS n FROM ${db.database}.${TABLES.incidents} FINAL WHERE ${where(filter)}`,
    paramsOf(filter),
  );
  return row?.n ?? 0;
}

/** The ids of the latest incident of each entity, by entity key; entities without one are absent. */
export async function latestIncidents(
  db: Db,
  entityKeys: readonly string[],
): Promise<Map<string, string>> {
  const latest = new Map<string, string>();
  for (let from = 0; from < entityKeys.length; from += 1_000) {
    const rows = await db.query<{ entity_key: string; latest: string }>(
      `SELECT entity_key, argMax(id, (opened_at, id)) AS latest
       FROM ${db.database}.${TABLES.incidents}
       WHERE entity_key IN {keys:Array(String)} GROUP BY entity_key`,
      { keys: entityKeys.slice(from, from + 1_000) },
    );
    for (const row of rows) latest.set(row.entity_key, row.latest);
  }
  return latest;
}
