import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { createIssuerStandIn } from './issuer.ts';
import type { IssuerStandIn } from './issuer.ts';
import { startMailStandIn } from './mail.ts';
import type { MailStandIn } from './mail.ts';
import { createSlackStandIn } from './slack.ts';
import type { SlackStandIn } from './slack.ts';

export interface StandInOptions {
  /** Of the page, the Slack API and the issuer; 0 takes a free one. */
  httpPort?: number;
  smtpPort?: number;
  /** Secrets of the three; made afresh where not given. */
  slackToken?: string;
  issuerSecret?: string;
  /** Epoch ms. */
  now?: () => number;
}

export interface StandIns {
  /** The page that shows all three. */
  url: string;
  slack: SlackStandIn & { apiUrl: string; token: string; channel: string };
  mail: MailStandIn;
  /** `url` takes demands to revoke, `address` is what services ask under. */
  issuer: IssuerStandIn & { url: string; address: string; secret: string };
  stop(): Promise<void>;
}

const CHANNEL = 'C0SECURITY';
const FILES: Record<string, [string, string]> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/blocks.js': ['blocks.js', 'text/javascript; charset=utf-8'],
  '/mrkdwn.js': ['mrkdwn.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
};

/** The page's own scripts and styles, and nothing from anywhere else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'";

function readParsers(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(body as string)));
    },
  );
  // The issuer verifies the bytes as they came; the page's own calls are JSON as well.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const raw = body as string;
    if (request.url.startsWith('/issuer/')) {
      done(null, { raw });
      return;
    }
    try {
      done(null, JSON.parse(raw) as unknown);
    } catch {
      done(Object.assign(new Error('not JSON'), { statusCode: 400 }), undefined);
    }
  });
}

function servePage(app: FastifyInstance): void {
  for (const [path, [file, type]] of Object.entries(FILES)) {
    const content = readFileSync(new URL(`./page/${file}`, import.meta.url));
    app.get(path, async (_request, reply) =>
      reply.type(type).header('content-security-policy', POLICY).send(content),
    );
  }
}

/**
 * Local stand-ins for what alerting talks to: Slack's Web API, a mail server and a token issuer, on
 * the loopback address, with a page that shows what came. For the example bank and for tests.
 */
export async function createStandIns(options: StandInOptions = {}): Promise<StandIns> {
  const now = options.now ?? Date.now;
  let version = 0;
  const changed = (): void => {
    version += 1;
  };
  const token = options.slackToken ?? `xoxb-${randomBytes(16).toString('hex')}`;
  const secret = options.issuerSecret ?? `whsec_${randomBytes(32).toString('base64')}`;
  const slack = createSlackStandIn({ token, now, changed });
  const issuer = createIssuerStandIn({ secret, now, changed });
  const mail = await startMailStandIn({ port: options.smtpPort ?? 0, now, changed });
  const app = fastify({ bodyLimit: 1024 * 1024, forceCloseConnections: true });
  readParsers(app);
  servePage(app);
  slack.register(app);
  issuer.register(app);
  app.get<{ Querystring: { since?: string } }>('/state', async (request, reply) => {
    if (request.query.since === String(version)) return reply.code(204).send();
    const { revocations, refused } = issuer;
    const mails = mail.mails.map(({ html: _html, ...rest }) => rest);
    return { version, channel: CHANNEL, messages: slack.messages, mails, revocations, refused };
  });
  app.get<{ Params: { id: string } }>('/mail/:id', async (request, reply) => {
    const found = mail.mails.find((one) => one.id === request.params.id);
    if (found === undefined) return reply.code(404).send();
    // Shown in a sandboxed frame: no script, no request, whatever a mail says.
    const policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .send(found.html);
  });
  const url = await app.listen({ host: '127.0.0.1', port: options.httpPort ?? 0 });
  return {
    url,
    slack: Object.assign(slack, { apiUrl: `${url}/slack/api/`, token, channel: CHANNEL }),
    mail,
    issuer: Object.assign(issuer, {
      url: `${url}/issuer/revocations`,
      address: `${url}/issuer`,
      secret,
    }),
    stop: async () => {
      await app.close();
      await mail.close();
    },
  };
}
