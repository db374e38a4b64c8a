import type { FindingSummary } from '../../../model/incident-event.ts';
import type { IncidentTold, Notice } from '../../notifier.ts';
import {
  SEVERITY_WORD,
  blastWords,
  comparison,
  containmentSteps,
  count,
  cut,
  headline,
  memberWords,
  momentWords,
  responseWords,
  statusWords,
  subjectOf,
  sureWords,
} from '../../words.ts';
import { page } from './page.ts';

/** One mail, in both of its forms. */
export interface Mail {
  subject: string;
  text: string;
  html: string;
}

/** Label and value, as both forms list them. */
export type Row = [string, string];

function rowsOf(incident: IncidentTold, blast: Notice['blast']): Row[] {
  const askable = ['none', 'requested'].includes(incident.response) && incident.closedAt === 0;
  const rows: Row[] = [
    ['Client', incident.clientId],
    [incident.campaignOf === null ? 'Token' : 'Campaign', subjectOf(incident)],
    ['Service', incident.services.join(', ')],
    ['Environment', incident.environments.join(', ')],
    ['How sure', sureWords(incident)],
    ['First call', incident.firstCallAt === 0 ? '' : momentWords(incident.firstCallAt)],
    ['Status', statusWords(incident)],
    ['Revocation', responseWords(incident)],
    ['If revoked', askable && blast !== null ? blastWords(blast) : ''],
  ];
  return rows.filter(([, value]) => value !== '');
}

/** What both forms are made of. */
export interface Content {
  headline: string;
  severity: IncidentTold['severity'] | null;
  lead: string;
  /** What is new, over the headline; empty in the first mail of a conversation. */
  news: string;
  closed: boolean;
  why: string;
  rows: Row[];
  compared: Row[];
  findings: { title: string; detection: string; explanation: string }[];
  list: { title: string; detail: string; severity: IncidentTold['severity'] }[];
  listTitle: string;
  more: number;
  steps: Row[];
  link: string;
}

function listOf(notice: Notice): Pick<Content, 'list' | 'listTitle' | 'more'> {
  const { incident } = notice;
  if (incident !== null && incident.members.length > 0) {
    return {
      listTitle: 'Tokens of this campaign',
      list: incident.members.map((member) => ({
        title: `${member.tokenHash.slice(0, 12)} · ${memberWords(incident, member)}`,
        detail: `risk ${count(member.score)}`,
        severity: member.severity,
      })),
      more: incident.memberCount - incident.members.length,
    };
  }
  return {
    listTitle: incident === null ? 'The gravest' : 'At the same time',
    list: notice.others.map((brief) => ({
      title: brief.title,
      detail: `${brief.clientId} · risk ${count(brief.score)}`,
      severity: brief.severity,
    })),
    more: notice.otherCount - notice.others.length,
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function entryOf(finding: FindingSummary): Content['findings'][number] {
  return { title: finding.title, detection: finding.detection, explanation: finding.explanation };
}

function contentOf(notice: Notice): Content {
  const { incident } = notice;
  const strongest = incident?.findings[0];
  return {
    headline: headline(notice),
    severity: incident?.severity ?? null,
    lead: incident?.explanation ?? 'Too many incidents at once for a mail each.',
    news: ['first', 'digest'].includes(notice.reason) ? '' : capital(notice.why),
    closed: incident !== null && incident.closedAt !== 0,
    why: notice.why,
    rows: incident === null ? [] : rowsOf(incident, notice.blast),
    compared: strongest === undefined ? [] : comparison(strongest.evidence),
    findings: (incident?.findings ?? []).slice(1, 6).map(entryOf),
    ...listOf(notice),
    steps: incident === null || incident.response === 'none' ? [] : containmentSteps(incident),
    link: notice.link,
  };
}

function table(rows: readonly Row[]): string[] {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
}

function plain(content: Content): string {
  const { compared, findings, list, listTitle, more, steps, link } = content;
  const block = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines, ''];
  return [
    ...(content.news === '' ? [] : [`${content.news}.`, '']),
    content.headline,
    '='.repeat(Math.min(72, content.headline.length)),
    '',
    content.lead,
    '',
    ...block('Compared with the usual', table(compared)),
    ...block('Facts', table(content.rows)),
    ...block(
      'Also',
      findings.flatMap(({ title, explanation }) => [`- ${title}`, `  ${explanation}`]),
    ),
    ...block(listTitle, [
      ...list.map(
        ({ title, detail, severity }) => `- ${SEVERITY_WORD[severity]}: ${title} (${detail})`,
      ),
      ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ]),
    ...block('Time from the first call', table(steps)),
    ...(link === '' ? [] : [`Open: ${link}`, '']),
    `-- `,
    `tokenwatch, because: ${content.why}`,
  ].join('\n');
}

/**
 * A mail about an incident, or a digest.
 *
 * @param conversation the subject of the conversation's first mail; many programs tell conversations
 *   apart by subject, so it stays what it was. Empty for the first.
 */
export function compose(notice: Notice, conversation: string): Mail {
  const content = contentOf(notice);
  return {
    subject: conversation === '' ? subjectLine(notice) : `Re: ${conversation}`,
    text: plain(content),
    html: page(content),
  };
}

/** The subject of a conversation's first mail. */
export function subjectLine(notice: Notice): string {
  const suffix = notice.incident === null ? '' : ` (${notice.incident.id.slice(0, 8)})`;
  return `[tokenwatch] ${cut(headline(notice), 110)}${suffix}`;
}
