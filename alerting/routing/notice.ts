import { createHash } from 'node:crypto';
import type { Incident } from '../../model/incident.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { BlastRadius } from '../../model/blast-radius.ts';
import type { IncidentBrief, IncidentTold, Notice } from '../notifier.ts';
import { toldOf } from './decide.ts';
import type { Told } from './decide.ts';

/** How many findings, members and neighbours a message carries. */
const CARRIED = 10;

/** Graver first. */
export function byGravity(
  a: Pick<Incident, 'severity' | 'score' | 'id'>,
  b: Pick<Incident, 'severity' | 'score' | 'id'>,
): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
    b.score - a.score ||
    (a.id < b.id ? -1 : 1)
  );
}

/** An incident cut down to what a message tells. */
export function tellable(incident: Incident): IncidentTold {
  const { findings, members, ...rest } = incident;
  return {
    ...rest,
    findings: [...findings].sort((a, b) => b.bits - a.bits).slice(0, CARRIED),
    findingCount: findings.length,
    members: [...members].sort((a, b) => b.score - a.score).slice(0, CARRIED),
    memberCount: members.length,
  };
}

export function briefOf(incident: Incident): IncidentBrief {
  const { id, title, severity, score, clientId, version } = incident;
  return { id, title, severity, score, clientId, version };
}

export interface NoticeParts {
  reason: Notice['reason'];
  why: string;
  group: string;
  /** All of the group's incidents, at least one. */
  incidents: readonly Incident[];
  /** What the receiver was told before, by incident id. */
  before: ReadonlyMap<string, Told>;
  /** Where the console is, without a slash at the end; empty when it has no address. */
  consoleUrl: string;
  blast: BlastRadius | null;
}

function newsOf(incident: Incident, before: Told | undefined): Incident['findings'] {
  // Findings are appended, so what came after the last telling is at the end.
  return incident.findings.slice(before?.findings ?? 0).slice(-CARRIED);
}

/** Open before closed, then graver first. */
function byNeed(a: Incident, b: Incident): number {
  return Number(a.closedAt !== 0) - Number(b.closedAt !== 0) || byGravity(a, b);
}

/** A group's message: its gravest incident in full, the others in a line each. */
export function noticeOf(parts: NoticeParts): Notice {
  const ordered = [...parts.incidents].sort(byNeed);
  const [main, ...others] = ordered;
  if (main === undefined) throw new RangeError('a notice is about at least one incident');
  return {
    reason: parts.reason,
    why: parts.why,
    incident: tellable(main),
    others: others.slice(0, CARRIED).map(briefOf),
    otherCount: others.length,
    told: ordered.map(toldOf),
    group: parts.group,
    news: newsOf(main, parts.before.get(main.id)),
    link: parts.consoleUrl === '' ? '' : `${parts.consoleUrl}/incidents/${main.id}`,
    order: null,
    blast: parts.blast,
  };
}

/**
 * What a cap held back, as one message: the five gravest, and how many there are.
 *
 * @param heldBack incidents by the key of the group that would have told each
 */
export function digestOf(
  heldBack: ReadonlyMap<string, Incident>,
  group: string,
  consoleUrl: string,
): Notice {
  const ordered = [...heldBack.values()].sort(byGravity);
  const told = [...heldBack].map(([digest, incident]) => ({ ...toldOf(incident), digest }));
  return {
    reason: 'digest',
    why: 'more at once than the receiver takes',
    incident: null,
    others: ordered.slice(0, 5).map(briefOf),
    otherCount: ordered.length,
    told,
    group,
    news: [],
    link: consoleUrl === '' ? '' : `${consoleUrl}/`,
    order: null,
    blast: null,
  };
}

/**
 * A delivery's deterministic id: whoever decides the same step for the same group and state makes
 * the same id, so that a restart or a second process repeats nothing to receivers that look at ids.
 */
export function deliveryId(parts: readonly (string | number)[]): string {
  return `dlv_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 28)}`;
}
