/* global document */

/** An element with a class, children and text. */
export function element(tag, className = '', ...children) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

function plain(text) {
  return text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

const MARKS = { '⚪': 'low', '🟡': 'medium', '🟠': 'high', '🔴': 'critical', '✅': 'done' };

/** Text in which the marks that we use are drawn by the page: not every machine has emoji. */
export function marked(text) {
  return text.split(/([⚪🟡🟠🔴✅])/u).map((piece) => {
    const mark = MARKS[piece];
    if (mark === undefined) return piece;
    const made = element('span', `mark ${mark}`);
    made.setAttribute('role', 'img');
    made.setAttribute('aria-label', mark);
    return made;
  });
}

/** `<!date^seconds^{date_short_pretty} {time_secs}|fallback>` in the reader's own zone. */
function dateText(seconds, format) {
  const date = new Date(Number(seconds) * 1000);
  const today = new Date().toDateString() === date.toDateString();
  const day = today
    ? 'today'
    : date.toLocaleDateString('en', { month: 'short', day: 'numeric', year: 'numeric' });
  return format
    .replace('{date_short_pretty}', day)
    .replace(
      '{time_secs}',
      date.toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit', second: '2-digit' }),
    );
}

function link(body) {
  const [target = '', label] = body.split('|');
  if (target.startsWith('!date^')) {
    const [, seconds = '', format = ''] = target.split('^');
    return element('span', '', dateText(seconds, format));
  }
  const anchor = element('a', '', plain(label ?? target));
  if (/^https?:/.test(target)) anchor.href = plain(target);
  anchor.target = '_blank';
  anchor.rel = 'noreferrer';
  return anchor;
}

const TOKENS =
  /<([^>]+)>|`([^`\n]+)`|\*([^*\n]+)\*|(?<![A-Za-z0-9])_([^_\n]+)_(?![A-Za-z0-9])|~([^~\n]+)~/g;

/** Slack's mrkdwn as nodes; text only ever becomes text. */
export function mrkdwn(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(TOKENS)) {
    if (match.index > from) nodes.push(...marked(plain(text.slice(from, match.index))));
    const [whole, angle, code, bold, italic, struck] = match;
    if (angle !== undefined) nodes.push(link(angle));
    else if (code !== undefined) nodes.push(element('code', '', plain(code)));
    else if (bold !== undefined) nodes.push(element('strong', '', ...mrkdwn(bold)));
    else if (italic !== undefined) nodes.push(element('em', '', ...mrkdwn(italic)));
    else nodes.push(element('s', '', plain(struck ?? '')));
    from = match.index + whole.length;
  }
  if (from < text.length) nodes.push(...marked(plain(text.slice(from))));
  return nodes;
}
