import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import type { ReceiverOf } from '../../../config/receivers.ts';
import type { Attempt, NotifierKind, Outcome } from '../../notifier.ts';
import { compose, subjectLine } from './compose.ts';

/** nodemailer's words for a refusal that no repetition changes. */
const LASTING = new Set(['EAUTH', 'EENVELOPE', 'EMESSAGE', 'EOAUTH2', 'ECONFIG']);

function transportOf(receiver: ReceiverOf<'email'>): SMTPTransport.Options {
  const { host, port, tls, timeout, username, password, ca, dkim } = receiver;
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca) } }),
    ...(username === undefined ? {} : { auth: { user: username, pass: password?.reveal() ?? '' } }),
    ...(dkim === undefined
      ? {}
      : {
          dkim: {
            domainName: dkim.domain,
            keySelector: dkim.selector,
            privateKey: dkim.private_key.reveal(),
          },
        }),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function domainOf(address: string): string {
  return /@([A-Za-z0-9.-]+)/.exec(address)?.[1] ?? 'tokenwatch.invalid';
}

/** The same on every attempt: a mail that arrives twice is shown once by most programs. */
export function messageId(delivery: string, from: string): string {
  const name = createHash('sha256').update(delivery).digest('hex').slice(0, 32);
  return `<${name}@${domainOf(from)}>`;
}

/** An SMTP failure as an outcome; the server's own text could hold addresses and is left out. */
export function outcomeOf(error: unknown): Outcome {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const word = typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : 'failed';
  // No encryption, or none to trust, now: somebody on the way may be at work, so it is tried again.
  if (word === 'ETLS') return { kind: 'retry', why: 'SMTP ETLS' };
  if (typeof responseCode === 'number') {
    // 4yz asks for another attempt, 5yz forbids one (RFC 5321, 4.2.1).
    const why = `SMTP ${String(responseCode)} (${word})`;
    return { kind: responseCode >= 500 ? 'refused' : 'retry', why };
  }
  return { kind: LASTING.has(word) ? 'refused' : 'retry', why: `SMTP ${word}` };
}

/** What deliveries keep of a conversation's first mail: its Message-ID, a space, its subject. */
function parseRef(thread: string): { id: string; subject: string } | null {
  const space = thread.indexOf(' ');
  if (thread === '' || space < 0) return null;
  return { id: thread.slice(0, space), subject: thread.slice(space + 1) };
}

async function sendMail(receiver: ReceiverOf<'email'>, attempt: Attempt): Promise<Outcome> {
  const { id, thread, notice, queuedAt, signal } = attempt;
  // One connection an attempt: closing it is how an attempt is cancelled.
  const transport = createTransport(transportOf(receiver));
  const abort = new Promise<Outcome>((resolve) => {
    signal.addEventListener(
      'abort',
      () => resolve({ kind: 'retry', why: 'SMTP: no answer in time' }),
      {
        once: true,
      },
    );
  });
  const first = parseRef(thread);
  const ownId = messageId(id, receiver.from);
  const ref = thread === '' ? `${ownId} ${subjectLine(notice)}` : thread;
  const sending = transport
    .sendMail({
      from: receiver.from,
      to: receiver.to,
      ...compose(notice, first?.subject ?? ''),
      messageId: ownId,
      date: new Date(queuedAt),
      ...(first === null ? {} : { inReplyTo: first.id, references: [first.id] }),
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Tokenwatch-Incident': notice.incident?.id ?? 'digest',
      },
    })
    .then((): Outcome => ({ kind: 'sent', ref }), outcomeOf);
  try {
    return await Promise.race([sending, abort]);
  } finally {
    transport.close();
  }
}

/** A mail for each step, HTML and text; one incident is one conversation. */
export const email: NotifierKind<'email'> = {
  type: 'email',
  inPlace: false,
  spacing: 0,
  create: ({ receiver }) => ({
    send: async (attempt) => {
      if (attempt.signal.aborted) return { kind: 'retry', why: 'SMTP: cancelled' };
      return sendMail(receiver, attempt);
    },
    close: async () => Promise.resolve(),
  }),
};
