import type { ActionsBlock, Button, KnownBlock, SectionBlock } from '@slack/web-api';
import type { FindingSummary } from '../../../model/incident-event.ts';
import type { IncidentTold, Notice } from '../../notifier.ts';
import {
  SEVERITY_MARK,
  SEVERITY_WORD,
  blastWords,
  comparison,
  containmentSteps,
  count,
  cut,
  headline,
  memberWords,
  responseWords,
  statusWords,
  subjectOf,
  sureWords,
} from '../../words.ts';

/** Slack's limits, in characters and pieces. */
const LIMIT = {
  header: 150,
  section: 3_000,
  field: 2_000,
  confirm: 300,
  blocks: 50,
  prose: 600,
  name: 80,
} as const;

/** Text in which Slack must see no markup of its own. */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Names and ids; one that is absurdly long must not push the rest out of the message. */
function code(text: string): string {
  return text === '' ? '–' : `\`${escape(cut(text, LIMIT.name)).replaceAll('`', "'")}\``;
}

/** Prose of the incident; cut before it is escaped, so that no `&amp;` is cut in two. */
function prose(text: string, limit: number = LIMIT.prose): string {
  return escape(cut(text, limit));
}

function section(text: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: cut(text, LIMIT.section) } };
}

function context(text: string): KnownBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: cut(text, LIMIT.section) }] };
}

/** Slack shows it in the reader's own zone; the fallback is for clients that cannot. */
function when(at: number): string {
  const fallback = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${String(Math.floor(at / 1000))}^{date_short_pretty} {time_secs}|${fallback}>`;
}

function facts(incident: IncidentTold): SectionBlock {
  const rows: [string, string][] = [
    ['Client', code(incident.clientId)],
    [incident.campaignOf === null ? 'Token' : 'Campaign', code(subjectOf(incident))],
    [
      'Where',
      prose(
        [incident.services, incident.environments]
          .map((names) => names.map((name) => cut(name, LIMIT.name)).join(', '))
          .filter(Boolean)
          .join(' · '),
        300,
      ) || '–',
    ],
    ['How sure', escape(sureWords(incident))],
    ...(incident.firstCallAt === 0
      ? []
      : [['First call', when(incident.firstCallAt)] satisfies [string, string]]),
    ['Status', prose(statusWords(incident), 120)],
  ];
  return {
    type: 'section',
    fields: rows.map(([label, value]) => ({
      type: 'mrkdwn',
      text: cut(`*${label}*\n${value}`, LIMIT.field),
    })),
  };
}

function compared(finding: FindingSummary): string {
  return comparison(finding.evidence)
    .map(([label, value]) => `${label} *${prose(value, 120)}*`)
    .join('   ·   ');
}

function findingLine(finding: FindingSummary): string {
  return `${SEVERITY_MARK[finding.severity]} *${prose(finding.title, 120)}*  ${code(finding.detection)}\n${prose(finding.explanation, 400)}`;
}

function others(notice: Notice): KnownBlock[] {
  if (notice.others.length === 0) return [];
  const lines = notice.others.map(
    (brief) =>
      `${SEVERITY_MARK[brief.severity]} *${prose(brief.title, 120)}* · ${code(brief.clientId)} · risk ${count(brief.score)}`,
  );
  const more = notice.otherCount - notice.others.length;
  return [section([...lines, ...(more > 0 ? [`_and ${count(more)} more_`] : [])].join('\n'))];
}

function members(incident: IncidentTold): KnownBlock[] {
  if (incident.members.length === 0) return [];
  const lines = incident.members.map(
    (member) =>
      `${SEVERITY_MARK[member.severity]} ${code(member.tokenHash.slice(0, 12))} · ${code(memberWords(incident, member))} · risk ${count(member.score)}`,
  );
  const more = incident.memberCount - incident.members.length;
  if (more > 0) lines.push(`_and ${count(more)} more_`);
  return [section(`*Tokens of this campaign*\n${lines.join('\n')}`)];
}

function button(action: string, text: string, value: string, extra: Partial<Button> = {}): Button {
  return { type: 'button', action_id: action, text: { type: 'plain_text', text }, value, ...extra };
}

function revokeButton(incident: IncidentTold, notice: Notice): Button[] {
  const { response } = incident;
  const open = ['none', 'requested', 'refused', 'failed'].includes(response);
  if (notice.blast === null || incident.entity !== 'token' || !open) return [];
  const word = response === 'requested' ? 'Approve revocation' : 'Revoke';
  const confirm = {
    title: { type: 'plain_text' as const, text: 'Revoke this token?' },
    text: { type: 'plain_text' as const, text: cut(blastWords(notice.blast), LIMIT.confirm) },
    confirm: { type: 'plain_text' as const, text: 'Revoke' },
    deny: { type: 'plain_text' as const, text: 'Keep' },
    style: 'danger' as const,
  };
  return [button('revoke', word, incident.id, { style: 'danger', confirm })];
}

/** One press stops every revocation: offered while one is under way. */
function stopButton(incident: IncidentTold): Button[] {
  const underWay = ['requested', 'approved', 'sent'].includes(incident.response);
  if (incident.entity !== 'token' || !underWay) return [];
  const text =
    'Nothing is revoked from now on, whoever approved it, until somebody lets it go on in the console.';
  const confirm = {
    title: { type: 'plain_text' as const, text: 'Stop all revocations?' },
    text: { type: 'plain_text' as const, text },
    confirm: { type: 'plain_text' as const, text: 'Stop all' },
    deny: { type: 'plain_text' as const, text: 'Let them go on' },
  };
  return [button('stop', 'Stop all revocations', incident.id, { confirm })];
}

function actions(notice: Notice, incident: IncidentTold, buttons: boolean): KnownBlock[] {
  const closed = incident.closedAt !== 0;
  const elements: Button[] = [];
  if (notice.link !== '') {
    elements.push(button('open', 'Open in tokenwatch', incident.id, { url: notice.link }));
  }
  if (buttons && !closed) {
    if (incident.status === 'open') {
      elements.push(button('acknowledge', 'Acknowledge', incident.id, { style: 'primary' }));
    }
    elements.push(button('false_positive', 'False positive', incident.id));
    elements.push(button('resolve', 'Resolve', incident.id));
    elements.push(button('silence', 'Silence 4 h', incident.id));
    elements.push(...revokeButton(incident, notice), ...stopButton(incident));
  }
  if (elements.length === 0) return [];
  const block: ActionsBlock = { type: 'actions', block_id: `incident:${incident.id}`, elements };
  return [block];
}

function containment(incident: IncidentTold, { blast }: Notice): KnownBlock[] {
  if (incident.response === 'none') return [];
  const steps = containmentSteps(incident).map(([word, span]) => `${word} ${span}`);
  const times = steps.length === 0 ? '' : `\nFrom the first call: ${steps.join(' · ')}`;
  const asked = blast !== null && incident.response === 'requested';
  const hits = asked ? `\n${prose(blastWords(blast), 800)}` : '';
  return [section(`*Revocation* ${prose(responseWords(incident), 800)}${hits}${times}`)];
}

/** The message that is posted first and changed in place as the incident grows. */
export function incidentBlocks(notice: Notice, buttons: boolean): KnownBlock[] {
  const { incident } = notice;
  if (incident === null) return digestBlocks(notice);
  const mark = incident.closedAt === 0 ? SEVERITY_MARK[incident.severity] : '✅';
  const title = `${mark} ${SEVERITY_WORD[incident.severity]}: ${incident.title}`;
  const strongest = incident.findings[0];
  const further = incident.findings.slice(1, 5);
  const hidden = incident.findingCount - 1 - further.length;
  const blocks: KnownBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: cut(title, LIMIT.header), emoji: true } },
    section(`*Why*\n${prose(incident.explanation)}`),
    ...(strongest === undefined ? [] : [context(compared(strongest))]),
    facts(incident),
    ...members(incident),
    ...others(notice),
  ];
  if (further.length > 0) {
    const tail = hidden > 0 ? [`_and ${count(hidden)} more_`] : [];
    blocks.push(
      { type: 'divider' },
      section(['*Also*', ...further.map(findingLine), ...tail].join('\n')),
    );
  }
  blocks.push(...containment(incident, notice));
  blocks.push(...actions(notice, incident, buttons));
  blocks.push(
    context(
      `${prose(notice.why, 200)} · incident ${code(incident.id)} · updated ${when(incident.updatedAt)}`,
    ),
  );
  return blocks.slice(0, LIMIT.blocks);
}

function digestBlocks(notice: Notice): KnownBlock[] {
  const title = `${count(notice.otherCount)} more incidents held back`;
  return [
    { type: 'header', text: { type: 'plain_text', text: title, emoji: true } },
    section('Too many at once for one message each; the gravest:'),
    ...others(notice),
    ...(notice.link === '' ? [] : [context(`<${notice.link}|See all of them in tokenwatch>`)]),
  ];
}

/** What goes into the thread: why there is news, and the new findings in full. */
export function threadBlocks(notice: Notice): KnownBlock[] {
  const lines = notice.news
    .slice(0, 8)
    .map((finding) => `${findingLine(finding)}\n${compared(finding)}`);
  const head = `*${prose(notice.why.charAt(0).toUpperCase() + notice.why.slice(1), 300)}*`;
  return [section(head), ...lines.map(section)];
}

/** What notifications and screen readers get. */
export function fallbackText(notice: Notice): string {
  const explanation = notice.incident?.explanation ?? '';
  return escape(cut(`${headline(notice)}. ${explanation}`, 1_000));
}
