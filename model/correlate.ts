import type { Finding } from './finding.ts';
import { MAX_FINDINGS, entityKeyOf, incidentId } from './incident.ts';
import type { Incident } from './incident.ts';
import type { FindingSummary, IncidentChange, IncidentEvent } from './incident-event.ts';
import { SEVERITIES } from './severity.ts';

/** Who appends what this module decides. */
export const CORRELATOR = 'program:alerting';

/** When a closed incident is taken up again; see `alerting.incidents` in the configuration. */
export interface CorrelationOptions {
  /** A finding this long (ms) after the closing reopens; later it opens another incident. */
  reopenWithin: number;
  /** How long (ms) a false-positive verdict quiets the same detection of the same value. */
  falsePositiveFor: number;
}

function summaryOf(finding: Finding): FindingSummary {
  const {
    entity: _entity,
    tokenHash: _token,
    clientId: _client,
    name: _name,
    ...summary
  } = finding;
  return summary;
}

function event(incident: string, name: string, at: number, change: IncidentChange): IncidentEvent {
  return { id: `${incident}:${name}`, incidentId: incident, at, actor: CORRELATOR, ...change };
}

function open(finding: Finding, previous: string): IncidentEvent[] {
  const id = incidentId(entityKeyOf(finding), previous);
  const { entity, tokenHash, clientId, detectedAt } = finding;
  const name = finding.name === undefined ? {} : { name: finding.name };
  return [
    event(id, 'opened', detectedAt, {
      kind: 'opened',
      ...{ entity, tokenHash, clientId, ...name },
    }),
    event(id, `f:${finding.id}`, detectedAt, {
      kind: 'finding_added',
      finding: summaryOf(finding),
    }),
  ];
}

/** True when the finding could change what the incident says. */
function addsSomething(incident: Incident, finding: Finding): boolean {
  const family = incident.findings.filter((known) => known.family === finding.family);
  return (
    SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(incident.severity) ||
    !incident.detections.includes(finding.detection) ||
    !family.some((known) => known.bits + 1 > finding.bits && known.score + 1 > finding.score)
  );
}

/** The same detection of the same value as one that a person called a false positive. */
function wasDismissed(incident: Incident, finding: Finding): boolean {
  return (
    incident.status === 'false_positive' &&
    incident.findings.some(
      (known) =>
        known.detection === finding.detection && known.evidence.value === finding.evidence.value,
    )
  );
}

function afterClosing(
  incident: Incident,
  finding: Finding,
  options: CorrelationOptions,
): IncidentEvent[] {
  const add = event(incident.id, `f:${finding.id}`, finding.detectedAt, {
    kind: 'finding_added',
    finding: summaryOf(finding),
  });
  const late = finding.detectedAt - incident.closedAt;
  if (late <= 0) return [add];
  if (wasDismissed(incident, finding) && late <= options.falsePositiveFor) return [add];
  if (late > options.reopenWithin) return open(finding, incident.id);
  // The reopening must come after the closing in time, and does: late > 0.
  const reason = `${finding.detection} fired again after the incident was closed`;
  return [
    add,
    event(incident.id, `reopened:${finding.id}`, finding.detectedAt, { kind: 'reopened', reason }),
  ];
}

/**
 * What a finding does to the incidents of its entity: opens one, joins one, reopens one, or nothing
 * when it is there already. Pure and deterministic: the same findings in any order and any number
 * of processes lead to the same events, and those have the same ids.
 *
 * @param current the entity's latest incident, or null when it never had one
 * @returns events to append, in order; none when nothing changes
 */
export function correlate(
  current: Incident | null,
  finding: Finding,
  options: CorrelationOptions,
): IncidentEvent[] {
  if (current === null) return open(finding, '');
  if (current.findings.some((known) => known.id === finding.id)) return [];
  if (current.closedAt !== 0) return afterClosing(current, finding, options);
  if (current.findings.length >= MAX_FINDINGS && !addsSomething(current, finding)) {
    if (current.saturated) return [];
    return [event(current.id, 'saturated', finding.detectedAt, { kind: 'saturated' })];
  }
  const { detectedAt } = finding;
  return [
    event(current.id, `f:${finding.id}`, detectedAt, {
      kind: 'finding_added',
      finding: summaryOf(finding),
    }),
  ];
}
