import type { Incident } from '../../model/incident.ts';
import type { FindingSummary } from '../../model/incident-event.ts';

/** Longest piece of foreign text in a report, characters. */
const LONGEST = 600;

/** Foreign text that stays text: no markup, no line of its own, no turned reading direction. */
function plain(text: string): string {
  const isolated = text
    .slice(0, LONGEST)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '');
  return isolated.replace(/[\\`*_{}[\]<>()#+!|~&]/g, (mark) => `\\${mark}`);
}

function findingLines(finding: FindingSummary): string[] {
  const start = new Date(finding.windowStart).toISOString();
  return [
    `### ${plain(finding.title)} (${finding.severity}, ${finding.detection})`,
    '',
    plain(finding.explanation),
    '',
    `${start}, ${String(finding.calls)} calls, ${plain(finding.service)} ${plain(finding.environment)}`,
    '',
  ];
}

/**
 * An incident as Markdown, for a ticket or a chat.
 *
 * @param link where it is shown, or ''
 */
export function incidentMarkdown(incident: Incident, link: string): string {
  const facts: [string, string][] = [
    ['Status', incident.status.replace('_', ' ')],
    ['Risk', `${String(Math.round(incident.score))} of 100`],
    ['Client', plain(incident.clientId)],
    ['Token (keyed hash)', incident.tokenHash],
    ['Services', incident.services.map(plain).join(', ')],
    ['Environments', incident.environments.map(plain).join(', ')],
    ['First call', incident.firstCallAt === 0 ? '' : new Date(incident.firstCallAt).toISOString()],
    ['Opened', new Date(incident.openedAt).toISOString()],
    ['Assigned to', plain(incident.assignee)],
  ];
  return [
    `## ${incident.severity.toUpperCase()}: ${plain(incident.title)}`,
    '',
    plain(incident.explanation),
    '',
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `- **${name}**: ${value}`),
    '',
    ...incident.findings
      .toSorted((a, b) => b.bits - a.bits)
      .slice(0, 10)
      .flatMap(findingLines),
    ...(link === '' ? [] : [link, '']),
  ].join('\n');
}
