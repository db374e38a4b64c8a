import { createHash, createVerify, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attempt, Outcome } from '../../alerting/notifier.ts';
import { createNotifier } from '../../alerting/registry.ts';
import { receiverSchema } from '../../config/receivers.ts';
import { MORNING } from '../support/finding.ts';
import { noticeOf } from '../support/notice.ts';

const file = (name: string): string =>
  fileURLToPath(new URL(`../instrumentation/fixtures/${name}`, import.meta.url));
const pem = (name: string): Buffer => readFileSync(file(name));
/** A certificate for localhost, and one for somebody else. */
const OURS = { cert: pem('server.pem'), key: pem('server.key') };
const ANOTHER = { cert: pem('client.pem'), key: pem('client.key') };
const KEY = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (close) => close()));
});

async function send(
  receiver: Record<string, unknown>,
  change: Partial<Attempt> = {},
): Promise<Outcome> {
  const notifier = createNotifier('tried', receiverSchema.parse(receiver), false);
  return notifier.send({
    ...{ id: 'dlv_1', notice: noticeOf(), thread: '', number: 1, uncertain: false },
    ...{ at: MORNING, queuedAt: MORNING, signal: AbortSignal.timeout(3_000) },
    ...change,
  });
}

/** A mail server that keeps what it is sent, and how it was sent. */
async function mailServer(
  options: SMTPServerOptions,
): Promise<{ port: number; mails: { raw: string; secure: boolean }[] }> {
  const mails: { raw: string; secure: boolean }[] = [];
  const server = new SMTPServer({
    ...{ authOptional: true, disableReverseLookup: true, logger: false },
    onData(stream, session, callback) {
      let raw = '';
      stream.on('data', (chunk: Buffer) => (raw += chunk.toString('latin1')));
      stream.on('end', () => {
        mails.push({ raw, secure: session.secure });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(async () => new Promise((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

const mailOf = (port: number, change: object = {}): Record<string, unknown> => ({
  ...{ type: 'email', host: 'localhost', port, from: 'tokenwatch <a@b.example>' },
  ...{ to: ['oncall@bank.example'], timeout: '2s', ca: file('server.pem'), ...change },
});

describe('mail', () => {
  it('goes over STARTTLS by default, and over TLS from the first byte where it is asked for', async () => {
    const starttls = await mailServer(OURS);
    expect((await send(mailOf(starttls.port))).kind).toBe('sent');
    const implicit = await mailServer({ ...OURS, secure: true });
    expect((await send(mailOf(implicit.port, { tls: 'implicit' }))).kind).toBe('sent');
    expect([...starttls.mails, ...implicit.mails].map(({ secure }) => secure)).toEqual([
      true,
      true,
    ]);
  });

  it('is not sent in the clear when the server offers no TLS', async () => {
    const { port, mails } = await mailServer({ disabledCommands: ['STARTTLS'] });
    expect((await send(mailOf(port))).kind).toBe('retry');
    expect(mails).toHaveLength(0);
    expect(() => receiverSchema.parse(mailOf(25, { tls: 'none', host: 'mx.example' }))).toThrow(
      'loopback',
    );
  });

  it('is not sent to a server whose certificate nobody vouches for, or that is another’s', async () => {
    const untrusted = await mailServer(OURS);
    const { ca: _ca, ...without } = mailOf(untrusted.port);
    expect(await send(without)).toMatchObject({
      kind: 'retry',
      why: expect.stringMatching(/^SMTP /),
    });
    const anothers = await mailServer(ANOTHER);
    const outcome = await send(mailOf(anothers.port, { ca: file('client.pem') }));
    expect(outcome.kind).toBe('retry');
    expect([...untrusted.mails, ...anothers.mails]).toHaveLength(0);
  });

  it('with a wrong password is refused at once, and the password stays a secret', async () => {
    const { port, mails } = await mailServer({
      ...OURS,
      authOptional: false,
      onAuth: ({ password }, _session, callback) => {
        if (password === 'right') callback(null, { user: 'x' });
        else callback(new Error('no'));
      },
    });
    const login = (password: string) => send(mailOf(port, { username: 'x', password }));
    const outcome = await login('PLANTED');
    expect(outcome).toMatchObject({ kind: 'refused', why: 'SMTP 535 (EAUTH)' });
    expect((await login('right')).kind).toBe('sent');
    expect(mails).toHaveLength(1);
  });

  it('carries a DKIM signature that verifies by RFC 6376, and not once the mail is changed', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { port, mails } = await mailServer(OURS);
    const dkim = {
      ...{ domain: 'b.example', selector: 's1' },
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
    await send(mailOf(port, { dkim }));
    const raw = mails[0]?.raw ?? '';
    const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(dkimVerdict(raw, key)).toEqual({ body: true, headers: true, d: 'b.example', s: 's1' });
    expect(dkimVerdict(raw.replace('1,204', '1,205'), key).body).toBe(false);
    expect(dkimVerdict(raw.replace('Subject: ', 'Subject: Re: '), key).headers).toBe(false);
  });
});

/** RFC 6376, 3.4.2 and 3.4.4: relaxed canonicalization of a header and of a body. */
const relaxedHeader = (header: string): string => {
  const colon = header.indexOf(':');
  const value = header
    .slice(colon + 1)
    .replace(/\r\n(?=[ \t])/g, '')
    .replace(/[ \t]+/g, ' ');
  return `${header.slice(0, colon).trim().toLowerCase()}:${value.trim()}`;
};
const relaxedBody = (body: string): string =>
  `${body
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
    .join('\r\n')
    .replace(/(\r\n)*$/, '')}\r\n`;

function dkimVerdict(raw: string, publicKey: string) {
  const end = raw.indexOf('\r\n\r\n');
  const headers = raw.slice(0, end).split(/\r\n(?![ \t])/);
  const signature = headers.find((header) => /^dkim-signature:/i.test(header)) ?? '';
  const tags = new Map(
    relaxedHeader(signature)
      .slice('dkim-signature:'.length)
      .split(';')
      .map((tag) => [
        tag.slice(0, tag.indexOf('=')).trim(),
        tag.slice(tag.indexOf('=') + 1).replace(/\s/g, ''),
      ]),
  );
  const bodyHash = createHash('sha256').update(relaxedBody(raw.slice(end + 4)), 'latin1');
  const names = (tags.get('h') ?? '').toLowerCase().split(':');
  const signed = names.flatMap((name) =>
    headers.filter((header) => header.toLowerCase().startsWith(`${name}:`)).map(relaxedHeader),
  );
  const own = relaxedHeader(signature).replace(/(; ?b=)[^;]*/, '$1');
  const verify = createVerify('rsa-sha256').update([...signed, own].join('\r\n'), 'latin1');
  return {
    body: bodyHash.digest('base64') === tags.get('bh'),
    headers: names.includes('subject') && verify.verify(publicKey, tags.get('b') ?? '', 'base64'),
    ...{ d: tags.get('d'), s: tags.get('s') },
  };
}

/** A webhook's receiver behind TLS that asks for a client certificate. */
async function secureHook(certificate: {
  cert: Buffer;
  key: Buffer;
}): Promise<{ port: number; taken: string[] }> {
  const taken: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer(
    { ...certificate, ca: [ANOTHER.cert], requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { socket } = request;
      const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : null;
      taken.push(String(subject?.CN));
      response.end();
    },
  );
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, taken };
}

describe('a webhook', () => {
  const hookOf = (port: number, change: object = {}): Record<string, unknown> => ({
    ...{ type: 'webhook', url: `https://localhost:${String(port)}/`, secrets: [KEY] },
    ...{ allow_private_network: true, ca: file('server.pem'), client_cert: file('client.pem') },
    ...{ client_key: ANOTHER.key.toString(), ...change },
  });

  it('shows its client certificate', async () => {
    const { port, taken } = await secureHook(OURS);
    expect((await send(hookOf(port))).kind).toBe('sent');
    expect(taken).toEqual(['northwind-erp']);
  });

  it('is not taken without one, or with one that the receiver does not know', async () => {
    const { port, taken } = await secureHook(OURS);
    const none = { client_cert: undefined, client_key: undefined };
    expect((await send(hookOf(port, none))).kind).toBe('retry');
    const wrong = { client_cert: file('server.pem'), client_key: OURS.key.toString() };
    expect((await send(hookOf(port, wrong))).kind).toBe('retry');
    expect(taken).toEqual([]);
  });

  it.each([
    ['that nobody vouches for', OURS, undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['of somebody else', ANOTHER, file('client.pem'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('is not sent to a server with a certificate %s', async (_what, certificate, ca, why) => {
    const { port, taken } = await secureHook(certificate);
    expect(await send(hookOf(port, { ca }))).toEqual({ kind: 'retry', why });
    expect(taken).toEqual([]);
  });
});
