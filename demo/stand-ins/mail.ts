import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail as the page shows it. */
export interface ReceivedMail {
  id: string;
  messageId: string;
  inReplyTo: string;
  from: string;
  to: string;
  subject: string;
  /** Epoch ms of its arrival. */
  at: number;
  text: string;
  html: string;
}

export interface MailStandIn {
  mails: ReceivedMail[];
  host: string;
  port: number;
  close(): Promise<void>;
}

const MAX_MAILS = 300;
const MAX_BYTES = 1024 * 1024;

/** A real SMTP server on the loopback address that keeps the latest mails in memory. */
export async function startMailStandIn(options: {
  port: number;
  now: () => number;
  changed: () => void;
}): Promise<MailStandIn> {
  const mails: ReceivedMail[] = [];
  let counter = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: MAX_BYTES,
    logger: false,
    onData(stream, _session, callback) {
      simpleParser(stream).then((mail) => {
        counter += 1;
        mails.push({
          id: String(counter),
          messageId: mail.messageId ?? '',
          inReplyTo: mail.inReplyTo ?? '',
          from: mail.from?.text ?? '',
          to: [mail.to ?? []]
            .flat()
            .map((address) => address.text)
            .join(', '),
          subject: mail.subject ?? '',
          at: options.now(),
          text: mail.text ?? '',
          html: typeof mail.html === 'string' ? mail.html : '',
        });
        if (mails.length > MAX_MAILS) mails.shift();
        options.changed();
        callback();
      }, callback);
    },
  });
  // A client that goes away in the middle is its own business.
  server.on('error', () => undefined);
  const host = '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  const close = async (): Promise<void> => new Promise((resolve) => server.close(resolve));
  return { mails, host, port, close };
}
