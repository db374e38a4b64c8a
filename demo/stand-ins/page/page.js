/* global document, location, fetch, clearTimeout */
import { renderBlocks } from './blocks.js';
import { element } from './mrkdwn.js';

const POLL = 1_000;
const byId = (id) => document.getElementById(id);
const drawn = new Map();
let version = -1;
let state = { messages: [], mails: [], revocations: [], refused: 0 };
let openThread = '';
let openMail = '';
let toastTimer = 0;

function toast(text) {
  const box = byId('toast');
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), 4_000);
}

async function confirmed(button) {
  if (button.confirm === undefined) return true;
  const dialog = byId('confirm');
  byId('confirm-title').textContent = button.confirm.title.text;
  byId('confirm-text').textContent = button.confirm.text.text;
  byId('confirm-ok').textContent = button.confirm.confirm.text;
  byId('confirm-deny').textContent = button.confirm.deny.text;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'confirm'), {
      once: true,
    });
  });
}

async function press(message, button) {
  if (!(await confirmed(button))) return;
  const body = JSON.stringify({
    channel: message.channel,
    ts: message.ts,
    action_id: button.action_id,
    value: button.value,
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch('/slack/press', { method: 'POST', body, headers });
  const { said } = answer.ok ? await answer.json() : { said: 'tokenwatch did not answer' };
  if (said !== '') toast(said);
}

const time = (at) => new Date(at).toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' });
const timeOf = (message) => time(Number(message.ts) * 1_000);

function drawMessage(message, replies) {
  const name = element(
    'div',
    'name',
    element('b', '', 'tokenwatch'),
    element('span', 'app', 'APP'),
  );
  name.append(element('time', '', timeOf(message)));
  if (message.edited) name.append(element('span', 'edited', '(edited)'));
  const body = element('div', 'body', name);
  if (message.thread_ts !== '' && message.broadcast) {
    body.append(element('div', 'context', 'replied to a thread'));
  }
  body.append(renderBlocks(message, (button) => void press(message, button)));
  if (replies > 0) {
    const words = `${String(replies)} ${replies === 1 ? 'reply' : 'replies'}`;
    const open = element('button', 'replies', words);
    open.type = 'button';
    open.addEventListener('click', () => {
      openThread = message.ts;
      drawThread();
    });
    body.append(open);
  }
  return element('li', '', element('div', 'avatar', 'tw'), body);
}

/** Draws a list again only where an item has changed, so that nothing jumps under the mouse. */
function drawList(list, items, draw) {
  const wanted = items.map(({ key, print, ...rest }) => {
    const known = drawn.get(key);
    if (known?.print === print) return known.node;
    const node = draw(rest);
    drawn.set(key, { print, node });
    return node;
  });
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.replaceChildren(...wanted);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function drawSlack() {
  const shown = state.messages.filter((message) => message.thread_ts === '' || message.broadcast);
  const items = shown.map((message) => {
    const replies = state.messages.filter((one) => one.thread_ts === message.ts).length;
    return { key: `m${message.ts}`, print: JSON.stringify([message, replies]), message, replies };
  });
  drawList(byId('messages'), items, ({ message, replies }) => drawMessage(message, replies));
  byId('slack-note').textContent =
    shown.length === 0 ? 'Nothing yet: messages appear here by themselves.' : '';
  drawThread();
}

function drawThread() {
  const thread = state.messages.filter(
    (one) => one.ts === openThread || one.thread_ts === openThread,
  );
  byId('thread').hidden = openThread === '' || thread.length === 0;
  const items = thread.map((message) => ({
    key: `t${message.ts}`,
    print: JSON.stringify(message),
    message,
  }));
  drawList(byId('replies'), items, ({ message }) => drawMessage(message, 0));
}

function drawReader(mail) {
  const frame = element('iframe');
  frame.setAttribute('sandbox', 'allow-popups');
  frame.title = mail.subject;
  frame.src = `/mail/${mail.id}`;
  const text = element('pre', '', mail.text);
  text.hidden = true;
  const swap = element('button', '', 'Show as text');
  swap.type = 'button';
  swap.addEventListener('click', () => {
    text.hidden = !text.hidden;
    frame.hidden = !text.hidden;
    swap.textContent = text.hidden ? 'Show as text' : 'Show as HTML';
  });
  const facts = element(
    'p',
    'facts',
    `From ${mail.from} · to ${mail.to} · ${new Date(mail.at).toLocaleString('en')}`,
  );
  const head = element('div', 'mail-head', element('h3', '', mail.subject), facts, swap);
  byId('reader').replaceChildren(head, frame, text);
}

function drawMails() {
  const items = state.mails.toReversed().map((mail) => {
    return { key: `e${mail.id}`, print: `${mail.id}${String(mail.id === openMail)}`, mail };
  });
  drawList(byId('mails'), items, ({ mail }) => {
    const open = element(
      'button',
      mail.id === openMail ? 'mail open' : 'mail',
      element('b', '', mail.subject),
    );
    open.type = 'button';
    open.append(
      element('time', '', time(mail.at)),
      element('span', '', mail.text.split('\n')[3] ?? ''),
    );
    open.addEventListener('click', () => chooseMail(mail));
    return element('li', '', open);
  });
  const [latest] = state.mails.slice(-1);
  if (openMail === '' && latest !== undefined) chooseMail(latest);
}

function chooseMail(mail) {
  openMail = mail.id;
  drawReader(mail);
  drawMails();
}

function drawIssuer() {
  const { revocations, refused } = state;
  byId('issuer-summary').textContent =
    `${String(revocations.length)} revocations taken, each with a signature that was verified; ` +
    `${String(refused)} demands refused.`;
  const rows = revocations.toReversed().map((one) => {
    const cells = [
      new Date(one.at).toLocaleTimeString('en'),
      one.tokenHash.slice(0, 16),
      one.client,
    ];
    const row = element('tr', '', ...cells.map((cell) => element('td', '', cell)));
    row.append(
      element('td', '', one.reason),
      element('td', '', one.approvedBy),
      element('td', '', String(one.times)),
    );
    return row;
  });
  byId('revocations').replaceChildren(...rows);
}

function show(view) {
  for (const tab of document.querySelectorAll('nav button')) {
    tab.setAttribute('aria-pressed', String(tab.dataset.view === view));
  }
  for (const id of ['slack', 'mail', 'issuer']) byId(id).hidden = id !== view;
  location.hash = view;
}

function draw() {
  byId('slack-count').textContent = String(
    state.messages.filter((one) => one.thread_ts === '').length,
  );
  byId('mail-count').textContent = String(state.mails.length);
  byId('issuer-count').textContent = String(state.revocations.length);
  drawSlack();
  drawMails();
  drawIssuer();
}

async function poll() {
  try {
    const answer = await fetch(`/state?since=${String(version)}`);
    if (answer.status === 200) {
      state = await answer.json();
      version = state.version;
      draw();
    }
    byId('slack-note').classList.remove('lost');
  } catch {
    byId('slack-note').textContent = 'tokenwatch is not running.';
  }
  setTimeout(() => void poll(), POLL);
}

for (const tab of document.querySelectorAll('nav button')) {
  tab.addEventListener('click', () => show(tab.dataset.view));
}
byId('thread-close').addEventListener('click', () => {
  openThread = '';
  drawThread();
});
if (['#mail', '#issuer'].includes(location.hash)) show(location.hash.slice(1));
void poll();
