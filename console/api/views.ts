import type { Delivery } from '../../model/delivery.ts';
import type { Evidence, Finding } from '../../model/finding.ts';
import type { Containment, Incident } from '../../model/incident.ts';
import type { FindingSummary, IncidentEvent } from '../../model/incident-event.ts';
import type { IncidentRow } from '../../store/incidents/snapshots.ts';
import type * as shown from './schemas.ts';

/** How stored things are shown by the API: ISO times, snake_case. */

/** ISO 8601 of epoch ms; '' for none. */
export function iso(at: number): string {
  return at === 0 ? '' : new Date(at).toISOString();
}

function evidenceView(evidence: Evidence): shown.FindingView['evidence'] {
  const { traceIds, ...rest } = evidence;
  return traceIds === undefined ? rest : { ...rest, trace_ids: traceIds };
}

type About = Pick<Finding, 'entity' | 'tokenHash' | 'clientId' | 'name'>;

/** A finding, or what an incident keeps of one. */
export function findingView(finding: FindingSummary & About): shown.FindingView {
  return {
    id: finding.id,
    detection: finding.detection,
    family: finding.family,
    title: finding.title,
    severity: finding.severity,
    score: finding.score,
    bits: finding.bits,
    entity: finding.entity,
    token_hash: finding.tokenHash,
    client: finding.clientId,
    name: finding.name ?? '',
    service: finding.service,
    environment: finding.environment,
    window_start: iso(finding.windowStart),
    window_end: iso(finding.windowEnd),
    first_call_at: iso(finding.firstCallAt),
    detected_at: iso(finding.detectedAt),
    calls: finding.calls,
    explanation: finding.explanation,
    evidence: evidenceView(finding.evidence),
  };
}

export function incidentView(row: IncidentRow): shown.IncidentRow {
  return {
    id: row.id,
    status: row.status,
    severity: row.severity,
    score: row.score,
    bits: row.bits,
    entity: row.entity,
    token_hash: row.tokenHash,
    client: row.clientId,
    name: row.name,
    title: row.title,
    explanation: row.explanation,
    detections: row.detections,
    services: row.services,
    environments: row.environments,
    findings: row.findings,
    opened_at: iso(row.openedAt),
    updated_at: iso(row.updatedAt),
    first_call_at: iso(row.firstCallAt),
    assignee: row.assignee,
    response: row.response,
    closed_at: iso(row.closedAt),
    campaign: row.campaign,
    members: row.members,
    version: row.version,
  };
}

/** A folded incident as lists show it. */
export function rowOfIncident(incident: Incident): IncidentRow {
  const { containment, ...rest } = incident;
  return { ...rest, findings: incident.findings.length, members: incident.members.length };
}

export function containmentView(steps: Containment): shown.ContainmentView {
  return {
    first_call_at: iso(steps.firstCallAt),
    found_at: iso(steps.foundAt),
    alerted_at: iso(steps.alertedAt),
    requested_at: iso(steps.requestedAt),
    approved_at: iso(steps.approvedAt),
    sent_at: iso(steps.sentAt),
    last_accepted_at: iso(steps.lastAcceptedAt),
    confirmed_at: iso(steps.confirmedAt),
  };
}

export function deliveryView(delivery: Delivery): shown.DeliveryView {
  return {
    id: delivery.id,
    incident_id: delivery.incidentId,
    receiver: delivery.receiver,
    notifier: delivery.notifier,
    reason: delivery.reason,
    state: delivery.state,
    attempts: delivery.attempts,
    created_at: iso(delivery.createdAt),
    updated_at: iso(delivery.updatedAt),
    next_attempt_at: iso(delivery.nextAttemptAt),
    last_error: delivery.lastError,
  };
}

/** What an event says in words of its own: a comment, a reason, a name. */
function textOf(event: IncidentEvent): string {
  switch (event.kind) {
    case 'finding_added':
      return event.finding.explanation;
    case 'assigned':
      return event.to;
    case 'commented':
      return event.text;
    case 'joined':
      return event.campaign;
    case 'member_added':
      return event.clientId;
    case 'notified':
      return event.receiver;
    case 'resolved':
    case 'false_positive':
    case 'reopened':
    case 'response_requested':
    case 'response_refused':
    case 'response_failed':
      return event.reason;
    default:
      return '';
  }
}

function lineOf(event: IncidentEvent): shown.StoryLine {
  return {
    id: event.id,
    at: iso(event.at),
    actor: event.actor,
    kind: event.kind,
    text: textOf(event),
    finding_id: event.kind === 'finding_added' ? event.finding.id : '',
    delivery_id: event.kind === 'notified' ? event.delivery : '',
  };
}

function lineOfDelivery(delivery: Delivery): shown.StoryLine {
  return {
    id: `delivery:${delivery.id}`,
    at: iso(delivery.updatedAt),
    actor: 'program:alerting',
    kind: `delivery_${delivery.state}`,
    text: `${delivery.receiver} (${delivery.reason})`,
    finding_id: '',
    delivery_id: delivery.id,
  };
}

/** What happened to an incident, in order: its events and what people were sent about it. */
export function storyOf(
  events: readonly IncidentEvent[],
  deliveries: readonly Delivery[],
): shown.StoryLine[] {
  const lines = [...events.map(lineOf), ...deliveries.map(lineOfDelivery)];
  return lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
