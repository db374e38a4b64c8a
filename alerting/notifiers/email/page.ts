import type { Severity } from '../../../model/severity.ts';
import { SEVERITY_WORD, count } from '../../words.ts';
import type { Content, Row } from './compose.ts';

/**
 * Mail programs know tables and inline styles; little else is safe. Programs that know style sheets
 * as well get dark colours and a narrow form from one, by class.
 */
const COLOUR: Record<Severity, string> = {
  low: '#5b6b7b',
  medium: '#9a6700',
  high: '#c2410c',
  critical: '#b42318',
};
const DONE = '#2f6f4f';

const DARK_COLOUR: Record<Severity, string> = {
  low: '#a9b8c6',
  medium: '#f0b429',
  high: '#ff9a5c',
  critical: '#ff8a80',
};

const SHEET =
  ':root{color-scheme:light dark}' +
  '@media (prefers-color-scheme:dark){' +
  '.tw-page{background:#101418!important}.tw-card{background:#1a2026!important}' +
  '.tw-box{background:#232b33!important}.tw-line{border-color:#3a454f!important}' +
  '.tw-ink{color:#e6ebf0!important}.tw-soft{color:#b6c2cd!important}.tw-dim{color:#94a3b0!important}' +
  '.tw-done{color:#7fd1a6!important}' +
  Object.entries(DARK_COLOUR)
    .map(([severity, colour]) => `.tw-${severity}{color:${colour}!important}`)
    .join('') +
  '}' +
  '@media (max-width:520px){' +
  '.tw-figure{display:block!important;border-left:0!important;padding:8px 16px!important}' +
  '.tw-label{display:block!important;padding:8px 0 0!important}' +
  '.tw-value{display:block!important;padding:0!important}}';

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function heading(text: string): string {
  return `<tr><td class="tw-dim" style="padding:20px 28px 6px;${FONT};font-size:12px;letter-spacing:.04em;text-transform:uppercase;color:#667085">${escape(text)}</td></tr>`;
}

function rowsTable(rows: readonly Row[]): string {
  const cells = rows.map(
    ([label, value]) =>
      `<tr><td class="tw-dim tw-label" style="padding:5px 16px 5px 0;${FONT};font-size:14px;color:#667085;white-space:nowrap;vertical-align:top">${escape(label)}</td>` +
      `<td class="tw-ink tw-value" style="padding:5px 0;${FONT};font-size:14px;color:#1d2939;overflow-wrap:anywhere">${escape(value)}</td></tr>`,
  );
  return `<tr><td style="padding:0 28px"><table role="presentation" cellpadding="0" cellspacing="0">${cells.join('')}</table></td></tr>`;
}

/** Seen, usual and the rest side by side: the eye compares them. */
function figures(rows: readonly Row[]): string {
  const cells = rows.map(
    ([label, value], index) =>
      `<td class="tw-figure tw-line" style="padding:12px 16px;vertical-align:top;border-left:${index === 0 ? '0' : '1px solid #e4e7ec'}">` +
      `<div class="tw-dim" style="${FONT};font-size:12px;color:#667085">${escape(label)}</div>` +
      `<div class="tw-ink" style="${FONT};font-size:${index === 0 ? '18px;font-weight:600' : '16px'};color:#1d2939">${escape(value)}</div></td>`,
  );
  return `<tr><td style="padding:16px 28px 0"><table role="presentation" cellpadding="0" cellspacing="0" width="100%" class="tw-box" style="background:#f6f7f9;border-radius:8px"><tr>${cells.join('')}</tr></table></td></tr>`;
}

function paragraphs(
  entries: readonly { title: string; text: string; severity?: Severity }[],
): string {
  return entries
    .map(
      ({ title, text, severity }) =>
        `<tr><td class="tw-ink" style="padding:6px 28px;${FONT};font-size:14px;line-height:1.5;color:#1d2939">` +
        `<strong${severity === undefined ? '' : ` class="tw-${severity}" style="color:${COLOUR[severity]}"`}>${escape(title)}</strong><br>` +
        `<span class="tw-soft" style="color:#475467">${escape(text)}</span></td></tr>`,
    )
    .join('');
}

function button(link: string, text: string): string {
  return (
    `<tr><td style="padding:24px 28px 8px"><a href="${escape(link)}" style="display:inline-block;padding:11px 20px;border-radius:6px;` +
    `background:#1d4ed8;color:#ffffff;text-decoration:none;${FONT};font-size:14px;font-weight:600">${escape(text)}</a></td></tr>`
  );
}

/** The stripe, what is new, the headline and the explanation. */
function heads(content: Content): string[] {
  const { severity, news, closed } = content;
  const colour = closed ? DONE : severity === null ? '#344054' : COLOUR[severity];
  const ink = closed ? 'tw-done' : severity === null ? 'tw-ink' : `tw-${severity}`;
  const parts = [
    `<tr><td style="padding:0;height:6px;background:${colour};border-radius:10px 10px 0 0;font-size:0;line-height:0">&nbsp;</td></tr>`,
  ];
  if (news !== '') {
    parts.push(
      `<tr><td class="tw-ink" style="padding:22px 28px 0;${FONT};font-size:15px;font-weight:600;color:#1d2939">${escape(news)}</td></tr>`,
    );
  }
  parts.push(
    `<tr><td class="${ink}" style="padding:${news === '' ? '24px' : '6px'} 28px 4px;${FONT};font-size:20px;line-height:1.3;font-weight:600;color:${colour};overflow-wrap:anywhere">${escape(content.headline)}</td></tr>`,
    `<tr><td class="tw-ink" style="padding:8px 28px 0;${FONT};font-size:15px;line-height:1.55;color:#1d2939;overflow-wrap:anywhere">${escape(content.lead)}</td></tr>`,
  );
  return parts;
}

/** The HTML form of a mail; every value in it is escaped. */
export function page(content: Content): string {
  const parts = heads(content);
  if (content.compared.length > 1) parts.push(figures(content.compared));
  if (content.rows.length > 0) parts.push(heading('Facts'), rowsTable(content.rows));
  if (content.findings.length > 0) {
    const entries = content.findings.map(({ title, explanation }) => ({
      title,
      text: explanation,
    }));
    parts.push(heading('Also'), paragraphs(entries));
  }
  if (content.list.length > 0) {
    const entries = content.list.map(({ title, detail, severity }) => {
      return {
        title: `${SEVERITY_WORD[severity]}: ${title}`,
        text: detail,
        severity,
      };
    });
    parts.push(heading(content.listTitle), paragraphs(entries));
    if (content.more > 0)
      parts.push(paragraphs([{ title: `and ${count(content.more)} more`, text: '' }]));
  }
  if (content.steps.length > 0)
    parts.push(heading('Time from the first call'), rowsTable(content.steps));
  if (content.link !== '')
    parts.push(
      button(content.link, content.severity === null ? 'See all of them' : 'Open the incident'),
    );
  parts.push(
    `<tr><td class="tw-dim" style="padding:16px 28px 24px;${FONT};font-size:12px;color:#667085">tokenwatch, because: ${escape(content.why)}</td></tr>`,
  );
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">` +
    `<style>${SHEET}</style>` +
    `<title>${escape(content.headline)}</title></head><body class="tw-page" style="margin:0;padding:24px 12px;background:#eef0f3">` +
    `<table role="presentation" class="tw-card" cellpadding="0" cellspacing="0" align="center" width="100%" style="max-width:640px;margin:0 auto;background:#ffffff;border-radius:10px">` +
    `${parts.join('')}</table></body></html>`
  );
}
