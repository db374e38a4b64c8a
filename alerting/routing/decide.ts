import type { DeliveryReason } from '../../model/delivery.ts';
import type { Incident } from '../../model/incident.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { Severity } from '../../model/severity.ts';
import type { Destination } from './tree.ts';

/** What a receiver was last told of one incident: enough to see what changed since. */
export interface Told {
  id: string;
  severity: Severity;
  status: Incident['status'];
  response: Incident['response'];
  detections: number;
  findings: number;
  members: number;
  campaign: string;
  assignee: string;
  /** Told only in a digest, in the stead of the group with this key. */
  digest?: string;
}

export function toldOf(incident: Incident): Told {
  return {
    id: incident.id,
    severity: incident.severity,
    status: incident.status,
    response: incident.response,
    detections: incident.detections.length,
    findings: incident.findings.length,
    members: incident.members.length,
    campaign: incident.campaign,
    assignee: incident.assignee,
  };
}

/** A group as the decision sees it. */
export interface GroupState {
  /** When the group was first due to be told, epoch ms. */
  since: number;
  /** By incident id; empty until somebody was told. */
  told: ReadonlyMap<string, Told>;
  /** When it was last told anything, epoch ms. */
  toldAt: number;
  /** When it was last told aloud (anything but a change in place), epoch ms. */
  toldAloudAt: number;
}

/** Tell now, and why; or not before `at`; or nothing is left to tell. */
export type Decision =
  | { kind: 'tell'; reason: DeliveryReason; why: string; aloud: boolean }
  | { kind: 'wait'; at: number }
  | { kind: 'nothing' };

/** A change in place disturbs nobody, but a chat server has its limits. */
const IN_PLACE_INTERVAL = 5_000;

const isClosed = (incident: Incident): boolean => incident.closedAt !== 0;

function plural(count: number, one: string): string {
  return `${String(count)} new ${one}${count === 1 ? '' : 's'}`;
}

function gravest(incidents: readonly Incident[]): Severity {
  const ranks = incidents.map((incident) => SEVERITIES.indexOf(incident.severity));
  return SEVERITIES[Math.max(0, ...ranks)] ?? 'low';
}

function decideFirst(
  state: GroupState,
  open: readonly Incident[],
  to: Destination,
  now: number,
): Decision {
  if (to.escalateAfter !== null) {
    const unheard = open.filter((incident) => incident.status === 'open');
    if (unheard.length === 0) return { kind: 'nothing' };
    const at = state.since + to.escalateAfter;
    if (now < at) return { kind: 'wait', at };
    const why = `nobody acknowledged within ${String(Math.round(to.escalateAfter / 60_000))} min`;
    return { kind: 'tell', reason: 'escalation', why, aloud: true };
  }
  const urgent = SEVERITIES.indexOf(gravest(open)) >= SEVERITIES.indexOf('high');
  const at = state.since + (urgent ? to.rule.urgentWait : to.rule.groupWait);
  if (now < at) return { kind: 'wait', at };
  return { kind: 'tell', reason: 'first', why: 'new incident', aloud: true };
}

interface Change {
  reason: DeliveryReason;
  why: string;
  /** Not before the group interval has passed. */
  patient: boolean;
  /** Only worth it where a message can be changed in place. */
  quiet: boolean;
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
const wasOpen = ({ status }: Told): boolean => status !== 'resolved' && status !== 'false_positive';

/** An incident that its group has not told yet; one that is graver than all it told does not wait. */
function joinOf(incident: Incident, told: GroupState['told']): Change {
  const known = [...told.values()].filter(wasOpen).map(({ severity }) => rank(severity));
  const graver = rank(incident.severity) > Math.max(-1, ...known);
  const why = graver
    ? `another incident joined the group, ${incident.severity}`
    : 'another incident joined the group';
  return { reason: 'update', why, patient: !graver, quiet: false };
}

function changeOf(incident: Incident, told: Told): Change | null {
  const at = (patient: boolean, quiet: boolean, why: string): Change => ({
    reason: 'update',
    why,
    patient,
    quiet,
  });
  const wasClosed = !wasOpen(told);
  // One line in a digest was all that was said of it: its end is no news to anyone.
  if (isClosed(incident) && told.digest !== undefined) return null;
  if (isClosed(incident) && !wasClosed) {
    const word = incident.status === 'resolved' ? 'resolved' : 'closed as a false positive';
    return { reason: 'closed', why: word, patient: false, quiet: false };
  }
  if (!isClosed(incident) && wasClosed) return at(false, false, 'reopened: it fired again');
  if (rank(incident.severity) > rank(told.severity)) {
    return at(false, false, `raised from ${told.severity} to ${incident.severity}`);
  }
  if (incident.response !== told.response) {
    // What was asked for or allowed is no news yet to who gets a mail: sent, confirmed or failed is.
    const under = incident.response === 'requested' || incident.response === 'approved';
    return at(false, under, `revocation ${incident.response}`);
  }
  if (incident.campaign !== told.campaign)
    return at(false, true, `part of campaign ${incident.campaign}`);
  const detections = incident.detections.length - told.detections;
  if (detections > 0) return at(true, false, plural(detections, 'detection'));
  const members = incident.members.length - told.members;
  if (members > 0) return at(true, false, plural(members, 'token'));
  const findings = incident.findings.length - told.findings;
  if (findings > 0) return at(true, true, plural(findings, 'finding'));
  if (incident.status !== told.status) return at(false, true, incident.status);
  return incident.assignee === told.assignee
    ? null
    : at(false, true, `assigned to ${incident.assignee}`);
}

/** True when all that the group told of is closed, and said to be: what comes now begins anew. */
function isOver(state: GroupState, incidents: readonly Incident[]): boolean {
  const reopened = incidents.some((incident) => !isClosed(incident) && state.told.has(incident.id));
  return !reopened && ![...state.told.values()].some(wasOpen);
}

/** The change that may be told soonest; ties go to the louder. */
function dueChange(
  state: GroupState,
  changes: readonly Change[],
  to: Destination,
  inPlace: boolean,
): { change: Change; at: number } | null {
  let best: { change: Change; at: number } | null = null;
  for (const change of changes) {
    if (change.quiet && !inPlace) continue;
    const least = inPlace ? IN_PLACE_INTERVAL : 0;
    const interval = change.patient && !(inPlace && change.quiet) ? to.rule.groupInterval : least;
    const patience = inPlace ? Math.min(interval, Math.max(least, 15_000)) : interval;
    const at = change.patient || change.quiet ? state.toldAt + patience : 0;
    if (best === null || at < best.at || (at === best.at && best.change.quiet && !change.quiet)) {
      best = { change, at };
    }
  }
  return best;
}

/**
 * Whether a group is told something now, and why. Pure: the same group at the same time gives the
 * same answer, so a restart that lost nothing tells nothing twice.
 *
 * @param incidents the group's incidents as they are now
 * @param inPlace the receiver changes its message, so small changes may be told
 * @param now epoch ms
 */
export function decide(
  state: GroupState,
  incidents: readonly Incident[],
  to: Destination,
  inPlace: boolean,
  now: number,
): Decision {
  const open = incidents.filter((incident) => !isClosed(incident));
  if (state.told.size === 0)
    return open.length === 0 ? { kind: 'nothing' } : decideFirst(state, open, to, now);
  const unknown = open.filter((incident) => !state.told.has(incident.id));
  if (unknown.length > 0 && isOver(state, incidents)) {
    const since = Math.min(...unknown.map((incident) => incident.openedAt));
    return decideFirst({ ...state, since }, unknown, to, now);
  }
  const changes = incidents.flatMap((incident) => {
    const told = state.told.get(incident.id);
    if (told === undefined) return isClosed(incident) ? [] : joinOf(incident, state.told);
    return changeOf(incident, told) ?? [];
  });
  const due = dueChange(state, changes, to, inPlace);
  if (due !== null && due.at <= now) {
    const { reason, why, quiet } = due.change;
    const over = reason === 'closed' && open.length > 0 ? 'update' : reason;
    return { kind: 'tell', reason: over, why, aloud: !quiet };
  }
  const unheard = open.some((incident) => incident.status === 'open');
  const repeatAt = unheard ? state.toldAloudAt + to.rule.repeatInterval : Infinity;
  if (repeatAt <= now) {
    return {
      kind: 'tell',
      reason: 'repeat',
      why: 'still open, and nobody has acknowledged',
      aloud: true,
    };
  }
  const next = Math.min(due?.at ?? Infinity, repeatAt);
  return next === Infinity ? { kind: 'nothing' } : { kind: 'wait', at: next };
}
