import { createHash } from 'node:crypto';
import type { Family } from './finding.ts';
import type { TokenHash } from './hash.ts';
import type { FindingSummary, IncidentEvent } from './incident-event.ts';
import { maxSeverity } from './severity.ts';
import type { Severity } from './severity.ts';

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved' | 'false_positive';

/** How far a revocation has come. */
export type ResponseState = 'none' | 'requested' | 'approved' | 'sent' | 'confirmed' | 'failed';

/** Findings on one token (or client), folded together. */
export interface Incident {
  id: string;
  status: IncidentStatus;
  severity: Severity;
  /** 0 to 100. */
  score: number;
  /** Added surprise of its findings, the strongest of each family counted once. */
  bits: number;
  entity: 'token' | 'client';
  tokenHash: TokenHash | '';
  clientId: string;
  /** The strongest finding's title. */
  title: string;
  /** The strongest finding's explanation. */
  explanation: string;
  /** Detection ids, in order of first firing. */
  detections: string[];
  services: string[];
  environments: string[];
  findings: FindingSummary[];
  openedAt: number;
  updatedAt: number;
  /** Event time of the earliest call behind it, epoch ms. */
  firstCallAt: number;
  assignee: string;
  response: ResponseState;
  /** How many events were folded: a later state of the same incident has more. */
  version: number;
}

/**
 * The deterministic id of the incident that a finding opens.
 *
 * @param entityKey `token:<hash>` or `client:<id>`
 * @param firstFindingId the finding that opens it
 */
export function incidentId(entityKey: string, firstFindingId: string): string {
  const digest = createHash('sha256').update(`${entityKey}\0${firstFindingId}`).digest('hex');
  return digest.slice(0, 20);
}

/** Risk of a set of findings, 0 to 100: 100·(1 − Π(1 − score/100)) over the strongest of each family. */
function combinedScore(findings: readonly FindingSummary[]): number {
  const strongest = new Map<Family, number>();
  for (const f of findings) strongest.set(f.family, Math.max(strongest.get(f.family) ?? 0, f.score));
  let calm = 1;
  for (const score of strongest.values()) calm *= 1 - Math.min(99.9, score) / 100;
  return Math.round((1 - calm) * 1000) / 10;
}

/** Surprise of a set of findings in bits: the strongest of each family, added up. */
function combinedBits(findings: readonly FindingSummary[]): number {
  const strongest = new Map<Family, number>();
  for (const f of findings) strongest.set(f.family, Math.max(strongest.get(f.family) ?? 0, f.bits));
  let sum = 0;
  for (const bits of strongest.values()) sum += bits;
  return sum;
}

function unique(values: Iterable<string>): string[] {
  return [...new Set(values)].filter((value) => value !== '');
}

function blank(first: IncidentEvent): Incident {
  return {
    id: first.incidentId,
    status: 'open',
    severity: 'low',
    score: 0,
    bits: 0,
    entity: 'token',
    tokenHash: '',
    clientId: '',
    title: '',
    explanation: '',
    detections: [],
    services: [],
    environments: [],
    findings: [],
    openedAt: first.at,
    updatedAt: first.at,
    firstCallAt: first.at,
    assignee: '',
    response: 'none',
    version: 0,
  };
}

function withFinding(incident: Incident, finding: FindingSummary): Incident {
  const findings = [...incident.findings, finding];
  const strongest = findings.reduce((a, b) => (b.bits > a.bits ? b : a));
  return {
    ...incident,
    findings,
    severity: findings.length === 1 ? finding.severity : maxSeverity(incident.severity, finding.severity),
    score: combinedScore(findings),
    bits: combinedBits(findings),
    title: strongest.title,
    explanation: strongest.explanation,
    detections: unique(findings.map((f) => f.detection)),
    services: unique(findings.map((f) => f.service)),
    environments: unique(findings.map((f) => f.environment)),
    firstCallAt: Math.min(...findings.map((f) => f.firstCallAt)),
  };
}

/** The incident after one more event. */
function step(incident: Incident, event: IncidentEvent): Incident {
  switch (event.kind) {
    case 'opened':
      return { ...incident, entity: event.entity, tokenHash: event.tokenHash, clientId: event.clientId };
    case 'finding_added':
      return withFinding(incident, event.finding);
    case 'acknowledged':
      return { ...incident, status: 'acknowledged', assignee: incident.assignee || event.actor };
    case 'assigned':
      return { ...incident, assignee: event.to };
    case 'commented':
      return incident;
    case 'resolved':
      return { ...incident, status: 'resolved' };
    case 'false_positive':
      return { ...incident, status: 'false_positive' };
    case 'reopened':
      return { ...incident, status: 'open' };
    case 'response_requested':
      return { ...incident, response: 'requested' };
    case 'response_approved':
      return { ...incident, response: 'approved' };
    case 'response_sent':
      return { ...incident, response: 'sent' };
    case 'response_confirmed':
      return { ...incident, response: 'confirmed' };
    case 'response_failed':
      return { ...incident, response: 'failed' };
  }
}

/**
 * The state of one incident: a pure fold over its events. Events are put in order of time (ties by
 * id) and counted once by id, so repeated or shuffled events give the same incident.
 *
 * @param events events of one incident, in any order; at least one
 * @throws RangeError when there are none
 */
export function fold(events: readonly IncidentEvent[]): Incident {
  const byId = new Map(events.map((event) => [event.id, event]));
  const ordered = [...byId.values()].sort(
    (a, b) => a.at - b.at || Number(b.kind === 'opened') - Number(a.kind === 'opened') || (a.id < b.id ? -1 : 1),
  );
  const first = ordered[0];
  if (first === undefined) throw new RangeError('an incident has at least one event');
  let incident = blank(first);
  for (const event of ordered) {
    incident = { ...step(incident, event), updatedAt: event.at, version: incident.version + 1 };
  }
  return incident;
}
