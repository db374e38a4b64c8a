import { element, marked, mrkdwn } from './mrkdwn.js';

function textNode(text) {
  return text.type === 'mrkdwn'
    ? element('div', 'mrkdwn', ...mrkdwn(text.text))
    : element('div', '', text.text);
}

function section(block) {
  const made = element('div', 'section');
  if (block.text !== undefined) made.append(textNode(block.text));
  if (block.fields !== undefined)
    made.append(element('div', 'fields', ...block.fields.map(textNode)));
  return made;
}

function button(block, press) {
  const made = element(
    block.url === undefined ? 'button' : 'a',
    `button ${block.style ?? ''}`,
    block.text.text,
  );
  if (block.url === undefined) {
    made.type = 'button';
    made.addEventListener('click', () => press(block));
  } else {
    made.href = block.url;
    made.target = '_blank';
    made.rel = 'noreferrer';
  }
  return made;
}

const RENDER = {
  header: (block) => element('div', 'header', ...marked(block.text.text)),
  divider: () => element('hr'),
  section,
  context: (block) => element('div', 'context', ...block.elements.map(textNode)),
  actions: (block, press) =>
    element('div', 'actions', ...block.elements.map((one) => button(one, press))),
};

/** Block Kit as Slack draws it; `press` is called with a button that was pressed. */
export function renderBlocks(message, press) {
  if (message.blocks.length === 0) return element('div', 'section', ...mrkdwn(message.text));
  return element(
    'div',
    'blocks',
    ...message.blocks.map((block) => RENDER[block.type]?.(block, press) ?? ''),
  );
}
