import { createHash } from 'node:crypto';
import type { EntityKind } from './finding.ts';
import type { TokenHash } from './hash.ts';
import type {
  CampaignKind,
  CampaignMember,
  FindingSummary,
  IncidentEvent,
} from './incident-event.ts';
import { addFinding, emptyTally, scoreOf, bitsOf } from './incident-score.ts';
import type { Tally } from './incident-score.ts';
import { maxSeverity } from './severity.ts';
import type { Severity } from './severity.ts';

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved' | 'false_positive';

/** How far a revocation has come. */
export type ResponseState =
  'none' | 'requested' | 'approved' | 'refused' | 'sent' | 'confirmed' | 'failed';

/** When each step towards containment was reached, epoch ms; 0 when it was not. */
export interface Containment {
  /** The first call behind the incident (event time). */
  firstCallAt: number;
  /** The first finding was decided. */
  foundAt: number;
  /** The first receiver was told. */
  alertedAt: number;
  requestedAt: number;
  approvedAt: number;
  /** The issuer took the revocation. */
  sentAt: number;
  /** The last accepted call behind the incident, as far as the watch saw it (event time). */
  lastAcceptedAt: number;
  /** The watch ended and the token was found dead. */
  confirmedAt: number;
}

/** Findings on one token (or client), folded together; or a campaign that lists several of those. */
export interface Incident {
  id: string;
  status: IncidentStatus;
  severity: Severity;
  /** 0 to 100. */
  score: number;
  /** Added surprise of its findings, the strongest of each family counted once. */
  bits: number;
  entity: EntityKind;
  tokenHash: TokenHash | '';
  clientId: string;
  /** Of an endpoint or a service, as in {@link Finding}; else empty. */
  name: string;
  /** The title of the gravest finding; of equally grave ones of the strongest. */
  title: string;
  /** The same finding's explanation. */
  explanation: string;
  /** Detection ids, in order of first firing. */
  detections: string[];
  services: string[];
  environments: string[];
  /** At most {@link MAX_FINDINGS}; the rest are in the findings table. */
  findings: FindingSummary[];
  openedAt: number;
  updatedAt: number;
  /** Event time of the earliest call behind it, epoch ms. */
  firstCallAt: number;
  assignee: string;
  response: ResponseState;
  /** Who asked for the response and why, or why it was refused or failed; empty when it went well. */
  responseNote: string;
  /** When it was last resolved or found a false positive, epoch ms; 0 while it is open. */
  closedAt: number;
  containment: Containment;
  /** What a campaign's members share, or null where this is no campaign. */
  campaignOf: { kind: CampaignKind; key: string } | null;
  /** The campaign that this incident belongs to, or empty. */
  campaign: string;
  members: CampaignMember[];
  /** It carries as many findings as it may; those that add nothing are no longer added. */
  saturated: boolean;
  /** How many events were folded: a later state of the same incident has more. */
  version: number;
}

/** How many findings an incident carries; further ones that change nothing are not added to it. */
export const MAX_FINDINGS = 200;

/**
 * The deterministic id of an incident. It hangs on the incident before it, not on the finding that
 * happens to come first, so that two processes that see findings in another order open the same one.
 *
 * @param entityKey `token:<hash>`, `client:<id>`, `endpoint:<name>`, `service:<name>`, `campaign:client:<id>` or `campaign:network:<name>`
 * @param previous the id of the entity's incident before this one, empty for its first
 */
export function incidentId(entityKey: string, previous: string): string {
  return createHash('sha256').update(`${entityKey}\0${previous}`).digest('hex').slice(0, 20);
}

/** The entity that a finding is about, as {@link incidentId} takes it. */
export function entityKeyOf(about: {
  entity: EntityKind;
  tokenHash: string;
  clientId: string;
  name?: string;
}): string {
  if (about.entity === 'token') return `token:${about.tokenHash}`;
  if (about.entity === 'client') return `client:${about.clientId}`;
  return `${about.entity}:${about.name ?? ''}`;
}

/** The fold's working state: the incident, and what would be dear to derive again at each event. */
interface Draft {
  incident: Incident;
  tally: Tally;
  findingIds: Set<string>;
}

function blank(first: IncidentEvent): Draft {
  const incident: Incident = {
    id: first.incidentId,
    status: 'open',
    severity: 'low',
    score: 0,
    bits: 0,
    entity: 'token',
    tokenHash: '',
    clientId: '',
    name: '',
    title: '',
    explanation: '',
    detections: [],
    services: [],
    environments: [],
    findings: [],
    openedAt: first.at,
    updatedAt: first.at,
    firstCallAt: 0,
    assignee: '',
    response: 'none',
    responseNote: '',
    closedAt: 0,
    containment: {
      firstCallAt: 0,
      foundAt: 0,
      alertedAt: 0,
      requestedAt: 0,
      approvedAt: 0,
      sentAt: 0,
      lastAcceptedAt: 0,
      confirmedAt: 0,
    },
    campaignOf: null,
    campaign: '',
    members: [],
    saturated: false,
    version: 0,
  };
  return { incident, tally: emptyTally(), findingIds: new Set() };
}

function include(list: string[], value: string): void {
  if (value !== '' && !list.includes(value)) list.push(value);
}

function earliest(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b);
}

function withFinding({ incident, tally, findingIds }: Draft, finding: FindingSummary): void {
  if (findingIds.has(finding.id)) return;
  findingIds.add(finding.id);
  incident.findings.push(finding);
  incident.severity = maxSeverity(incident.severity, finding.severity);
  if (addFinding(tally, finding)) {
    incident.title = finding.title;
    incident.explanation = finding.explanation;
  }
  incident.score = scoreOf(tally);
  incident.bits = bitsOf(tally);
  include(incident.detections, finding.detection);
  include(incident.services, finding.service);
  include(incident.environments, finding.environment);
  incident.firstCallAt = earliest(incident.firstCallAt, finding.firstCallAt);
  incident.containment.firstCallAt = incident.firstCallAt;
  incident.containment.foundAt = earliest(incident.containment.foundAt, finding.detectedAt);
}

function withMember(incident: Incident, event: IncidentEvent & { kind: 'member_added' }): void {
  const { id: _id, incidentId: _incident, at: _at, actor: _actor, kind: _kind, ...member } = event;
  if (incident.members.some((known) => known.member === member.member)) return;
  incident.members.push(member);
  incident.severity = maxSeverity(incident.severity, member.severity);
  // A campaign is at least as grave as its gravest member; members may rest on the same cause.
  incident.score = Math.max(incident.score, member.score);
  for (const detection of member.detections) include(incident.detections, detection);
  for (const service of member.services) include(incident.services, service);
  for (const environment of member.environments) include(incident.environments, environment);
}

function close(incident: Incident, status: 'resolved' | 'false_positive', at: number): void {
  incident.status = status;
  incident.closedAt = at;
}

function noteOf(actor: string, reason: string): string {
  return `asked for by ${actor}${reason === '' ? '' : `: ${reason}`}`;
}

/** The response's part of a step. */
function respond(incident: Incident, event: IncidentEvent): void {
  const { containment } = incident;
  switch (event.kind) {
    case 'response_requested':
      incident.response = 'requested';
      incident.responseNote = noteOf(event.actor, event.reason);
      containment.requestedAt = earliest(containment.requestedAt, event.at);
      break;
    case 'response_approved':
      incident.response = 'approved';
      containment.approvedAt = event.at;
      break;
    case 'response_refused':
      incident.response = 'refused';
      incident.responseNote = event.reason;
      break;
    case 'response_sent':
      incident.response = 'sent';
      incident.responseNote = '';
      containment.sentAt = event.at;
      break;
    case 'response_confirmed':
      incident.response = 'confirmed';
      containment.confirmedAt = event.at;
      containment.lastAcceptedAt = event.lastAcceptedAt ?? containment.lastAcceptedAt;
      break;
    case 'response_failed':
      incident.response = 'failed';
      incident.responseNote = event.reason;
      containment.lastAcceptedAt = event.lastAcceptedAt ?? containment.lastAcceptedAt;
      break;
    default:
  }
}

/** Takes one more event into the draft. */
function step(draft: Draft, event: IncidentEvent): void {
  const { incident } = draft;
  switch (event.kind) {
    case 'opened':
      incident.entity = event.entity;
      incident.tokenHash = event.tokenHash;
      incident.clientId = event.clientId;
      incident.name = event.name ?? '';
      incident.campaignOf = event.campaign ?? null;
      break;
    case 'finding_added':
      withFinding(draft, event.finding);
      break;
    case 'member_added':
      withMember(incident, event);
      break;
    case 'joined':
      incident.campaign = event.campaign;
      break;
    case 'notified':
      incident.containment.alertedAt = earliest(incident.containment.alertedAt, event.at);
      break;
    case 'acknowledged':
      // A late acknowledgement must not reopen what was closed.
      if (incident.status === 'open') incident.status = 'acknowledged';
      incident.assignee ||= event.actor;
      break;
    case 'assigned':
      incident.assignee = event.to;
      break;
    case 'resolved':
    case 'false_positive':
      close(incident, event.kind, event.at);
      break;
    case 'reopened':
      incident.status = 'open';
      incident.closedAt = 0;
      break;
    case 'saturated':
      incident.saturated = true;
      break;
    case 'commented':
    case 'silenced':
      break;
    default:
      respond(incident, event);
  }
}

/** Time order; `opened` first whatever its time, ties by id. */
function inOrder(events: readonly IncidentEvent[]): IncidentEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...byId.values()].sort(
    (a, b) =>
      Number(b.kind === 'opened') - Number(a.kind === 'opened') ||
      a.at - b.at ||
      (a.id < b.id ? -1 : 1),
  );
}

function run(draft: Draft, events: readonly IncidentEvent[]): Incident {
  for (const event of inOrder(events)) {
    step(draft, event);
    draft.incident.updatedAt = Math.max(draft.incident.updatedAt, event.at);
    draft.incident.version += 1;
  }
  return titled(draft.incident);
}

/**
 * The state of one incident: a pure fold over its events. Events are put in order of time (ties by
 * id, `opened` first) and counted once by id, so repeated or shuffled events give the same incident.
 *
 * @param events events of one incident, in any order; at least one
 * @throws RangeError when there are none
 */
export function fold(events: readonly IncidentEvent[]): Incident {
  const [first] = inOrder(events);
  if (first === undefined) throw new RangeError('an incident has at least one event');
  return run(blank(first), events);
}

/**
 * An incident after events that come later than all it was folded from. The given one is not
 * changed. What is to be kept is always folded anew from the stored events.
 */
export function foldOnto(incident: Incident, events: readonly IncidentEvent[]): Incident {
  const draft: Draft = {
    incident: structuredClone(incident),
    tally: emptyTally(),
    findingIds: new Set(incident.findings.map((finding) => finding.id)),
  };
  for (const finding of incident.findings) addFinding(draft.tally, finding);
  return run(draft, events);
}

/**
 * When the token was contained, epoch ms: its last accepted call, or the revocation where none was
 * seen; 0 until the watch has ended well. The watch itself is no part of it.
 */
export function containedAt({ containment }: Pick<Incident, 'containment'>): number {
  const { confirmedAt, lastAcceptedAt, sentAt } = containment;
  return confirmedAt === 0 ? 0 : lastAcceptedAt || sentAt;
}

/** The key under which an incident's successors are found; a campaign's says what it joins. */
export function entityKeyOfIncident(
  incident: Pick<Incident, 'entity' | 'tokenHash' | 'clientId' | 'name' | 'campaignOf'>,
): string {
  const { campaignOf } = incident;
  if (campaignOf !== null) return campaignKey(campaignOf.kind, campaignOf.key);
  return entityKeyOf(incident);
}

/** As {@link entityKeyOf}, for a campaign of one client or one network. */
export function campaignKey(kind: CampaignKind, key: string): string {
  return `campaign:${kind}:${key}`;
}

/** A campaign has no finding of its own to be named after. */
function titled(incident: Incident): Incident {
  const { campaignOf, members } = incident;
  if (campaignOf === null) return incident;
  const tokens = `${String(members.length)} tokens`;
  const clients = new Set(members.map((member) => member.clientId)).size;
  const where =
    campaignOf.kind === 'client'
      ? `of ${campaignOf.key}`
      : `of ${String(clients)} clients from ${campaignOf.key}`;
  return {
    ...incident,
    title: `Campaign: ${tokens} ${where}`,
    explanation: `${tokens} ${where} have incidents at the same time; they are told and handled as one.`,
  };
}
