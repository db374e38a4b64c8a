import type { Evidence } from '../model/finding.ts';
import type { Severity } from '../model/severity.ts';
import type { BlastRadius } from '../model/blast-radius.ts';
import type { IncidentTold, Notice } from './notifier.ts';

/** What every message says in the same words, whatever it is written for. */

export const SEVERITY_WORD: Record<Severity, string> = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

/** The mark before a title, read at a glance in a list of messages. */
export const SEVERITY_MARK: Record<Severity, string> = {
  low: '⚪',
  medium: '🟡',
  high: '🟠',
  critical: '🔴',
};

const STATUS_WORD: Record<IncidentTold['status'], string> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  false_positive: 'False positive',
};

const KIND_WORD: Record<string, string> = {
  ...{ 'person:': '', 'slack:': 'Slack user ', 'key:': 'API key ', 'program:': 'tokenwatch, ' },
};

/** Text in which actors (`person:ada`, `slack:U123`) are called as people call them. */
function named(text: string): string {
  return text.replace(/\b(?:person|slack|key|program):/g, (kind) => KIND_WORD[kind] ?? kind);
}

/** `Acknowledged · ada`, `Open`. */
export function statusWords(incident: IncidentTold): string {
  const word = STATUS_WORD[incident.status];
  return incident.assignee === '' ? word : `${word} · ${named(incident.assignee)}`;
}

/** `1204` as `1,204`; at most one decimal. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** Text cut to `limit` characters, with an ellipsis where something is missing. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Half of a character that takes two (an emoji) would be no text at all.
  const kept = text.slice(0, Math.max(0, limit - 1)).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}…`;
}

/** The first digits of a token's hash: enough to tell tokens apart by eye. */
export function shortHash(hash: string): string {
  return hash === '' ? '–' : hash.slice(0, 12);
}

/** What the incident is about, in few words. */
export function subjectOf(incident: IncidentTold): string {
  if (incident.campaignOf !== null) return `${count(incident.memberCount)} tokens`;
  if (incident.entity === 'token') return shortHash(incident.tokenHash);
  return incident.entity === 'client' ? 'all of its tokens' : incident.name;
}

/** What tells a campaign's member from the others: its client, or what fired where all have the same. */
export function memberWords(
  incident: IncidentTold,
  member: IncidentTold['members'][number],
): string {
  if (incident.campaignOf?.kind !== 'client') return member.clientId;
  return member.detections.slice(0, 3).join(', ');
}

/** `less than once in a trillion` for the chance 2^−bits. */
export function chanceWords(bits: number): string {
  if (bits < 4) return 'could well be chance';
  if (bits >= 40) return 'by chance less than once in a trillion';
  const odds = 2 ** bits;
  const scales: [number, string][] = [
    [1e9, 'billion'],
    [1e6, 'million'],
    [1e3, 'thousand'],
  ];
  const scale = scales.find(([size]) => odds >= size);
  const shown =
    scale === undefined
      ? count(Math.round(odds))
      : `${count(Math.round(odds / scale[0]))} ${scale[1]}`;
  return `by chance once in ${shown}`;
}

/** `risk 87 of 100, by chance once in 2 million`. */
export function sureWords(incident: IncidentTold): string {
  const chance = incident.bits > 0 ? `, ${chanceWords(incident.bits)}` : '';
  return `Risk ${count(incident.score)} of 100${chance}`;
}

/** Seen, usual, peers and threshold as label and value, as far as they are known. */
export function comparison(evidence: Evidence): [string, string][] {
  const number = (value: number | string): string =>
    typeof value === 'number' ? count(value) : value;
  const unit = evidence.unit === undefined ? '' : ` ${evidence.unit}`;
  const rows: [string, string][] = [['Seen', `${number(evidence.seen)}${unit}`]];
  const { usual } = evidence;
  if (typeof usual === 'string') rows.push(['Usual', usual]);
  else if (usual !== undefined) rows.push(['Usual', `${count(usual.low)}–${count(usual.high)}`]);
  if (evidence.peers !== undefined) rows.push(["Peers' 99th percentile", count(evidence.peers)]);
  if (evidence.threshold !== undefined) rows.push(['Quiet up to', count(evidence.threshold)]);
  return rows;
}

/** `3 min 20 s`, `2 h 5 min`; for spans between two moments, ms. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}

/** `2026-11-22 10:00:05 UTC`. */
export function momentWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function listed(names: readonly string[], most: number): string {
  const more = names.length > most ? ` and ${count(names.length - most)} more` : '';
  return `${names
    .slice(0, most)
    .map((name) => cut(name, 60))
    .join(', ')}${more}`;
}

/** What would stop when the token is revoked: what decides comes first, where it is cut. */
export function blastWords(blast: BlastRadius): string {
  const { routes, services, otherLiveTokens: live } = blast;
  const others =
    live === 0
      ? 'The client has no other live token.'
      : `The client has ${count(live)} other live token${live === 1 ? '' : 's'}.`;
  const where = [
    services.length === 0 ? '' : ` Services: ${listed(services, 3)}.`,
    routes.length === 0
      ? ''
      : ` Routes: ${listed(
          routes.map((entry) => entry.route),
          3,
        )}.`,
  ].join('');
  return `About ${count(blast.callsPerDay)} calls a day stop. ${others}${where}`;
}

const RESPONSE_WORD: Record<IncidentTold['response'], string> = {
  none: '',
  requested: 'waits for approval',
  approved: 'approved, on its way to the issuer',
  refused: 'refused',
  sent: 'taken by the issuer; its calls are watched',
  confirmed: 'contained: the token is dead',
  failed: 'failed',
};

/** How far the revocation has come, and why it went no further. */
export function responseWords({ response, responseNote: note }: IncidentTold): string {
  return note === '' ? RESPONSE_WORD[response] : `${RESPONSE_WORD[response]}: ${named(note)}`;
}

/** The steps towards containment that were reached, with the time each took from the first call. */
export function containmentSteps(incident: IncidentTold): [string, string][] {
  const { containment: at } = incident;
  const steps: [string, number][] = [
    ['found', at.foundAt],
    ['told', at.alertedAt],
    ['approved', at.approvedAt],
    ['revoked', at.sentAt],
    ['last accepted call', at.lastAcceptedAt],
  ];
  return steps
    .filter(([, moment]) => moment > 0 && at.firstCallAt > 0)
    .map(([word, moment]) => [word, spanWords(moment - at.firstCallAt)]);
}

/** One line for lists and subjects: `Critical: New country · acme-payments`. */
export function headline(notice: Notice): string {
  const { incident } = notice;
  if (incident === null) return `${count(notice.otherCount)} incidents held back`;
  // A campaign's title says whose tokens they are.
  const named = incident.clientId === '' || incident.campaignOf !== null;
  const client = named ? '' : ` · ${incident.clientId}`;
  return `${SEVERITY_WORD[incident.severity]}: ${incident.title}${client}`;
}
