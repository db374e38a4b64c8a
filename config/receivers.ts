import { z } from 'zod';
import { duration } from './duration.ts';
import { secret } from './secret.ts';

/** What every receiver has, whatever its type. */
const common = {
  /** Milliseconds until an attempt is given up and tried again later. */
  timeout: duration().default(15_000),
  /** How long a delivery is tried before it is dead. */
  give_up_after: duration().default(24 * 3_600_000),
  /** At most this many new messages in each period; what is over it comes in one digest. */
  cap: z
    .strictObject({
      messages: z.int().min(1).default(6),
      per: duration().default(300_000),
    })
    .prefault({}),
};

/** Where a URL may lead: private, loopback and link-local addresses only where this says so. */
const outbound = {
  url: z.url({ protocol: /^https?$/ }),
  allow_private_network: z.boolean().default(false),
  /** PEM files of a client certificate for mutual TLS, and of the authority that signed the server's. */
  client_cert: z.string().optional(),
  client_key: secret().optional(),
  ca: z.string().optional(),
};

const slackSchema = z.strictObject({
  type: z.literal('slack'),
  /** A bot token with `chat:write`; `channels:history` lets a crash repeat nothing. */
  token: secret(),
  /** A channel's id (`C0123456789`) or name. */
  channel: z.string().min(1),
  /** Another address of the Web API: a stand-in, or GovSlack. */
  api_url: z.url().optional(),
  ...common,
});

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

const emailSchema = z
  .strictObject({
    type: z.literal('email'),
    host: z.string().min(1),
    port: z.int().min(1).max(65535).default(587),
    from: z.string().min(3),
    to: z.array(z.string().min(3)).min(1),
    username: z.string().optional(),
    password: secret().optional(),
    /** `required`: STARTTLS or nothing; `implicit`: TLS from the first byte; `none`: loopback only. */
    tls: z.enum(['required', 'implicit', 'none']).default('required'),
    /** PEM file of the authority that signed the server's certificate, where it is not a public one. */
    ca: z.string().optional(),
    dkim: z
      .strictObject({ domain: z.string(), selector: z.string(), private_key: secret() })
      .optional(),
    ...common,
  })
  .superRefine((email, context) => {
    if (email.tls !== 'none' || LOOPBACK.has(email.host)) return;
    context.addIssue({
      code: 'custom',
      path: ['tls'],
      message: 'none is for a host on the loopback address only; expected required or implicit',
    });
  });

const webhookSchema = z.strictObject({
  type: z.literal('webhook'),
  ...outbound,
  /** Standard Webhooks keys, `whsec_…`; the first signs first, a second one while keys rotate. */
  secrets: z.array(secret()).min(1).max(2),
  /** OCSF 2004 Detection Finding, or our own JSON. */
  body: z.enum(['ocsf', 'plain']).default('ocsf'),
  ...common,
});

const templateSchema = z.strictObject({
  type: z.literal('template'),
  ...outbound,
  /** Sent as `Authorization`, whole (`GenieKey …`, `Bearer …`). */
  authorization: secret().optional(),
  /** JSON with `{{title}}`, `{{severity}}` and the like inside its strings. */
  body: z.string().min(2),
  ...common,
});

const pagerdutySchema = z.strictObject({
  type: z.literal('pagerduty'),
  routing_key: secret(),
  /** EU accounts: `https://events.eu.pagerduty.com`. */
  api_url: z.url().default('https://events.pagerduty.com'),
  allow_private_network: z.boolean().default(false),
  ...common,
});

const revocationSchema = z.strictObject({
  type: z.literal('revocation'),
  ...outbound,
  secrets: z.array(secret()).min(1).max(2),
  ...common,
});

const caepSchema = z.strictObject({
  type: z.literal('caep'),
  ...outbound,
  /** Who we are and who reads it: the SET's `iss` and `aud`. */
  issuer: z.url(),
  audience: z.string().min(1),
  /** PKCS#8 PEM of the signing key (Ed25519, P-256 or RSA) and its id in our JWKS. */
  signing_key: secret(),
  key_id: z.string().min(1),
  algorithm: z.enum(['EdDSA', 'ES256', 'RS256']).default('ES256'),
  /** Sent as `Authorization: Bearer`. */
  token: secret().optional(),
  ...common,
});

/** `alerting.receivers.<name>`: one way of reaching someone or something. */
export const receiverSchema = z.discriminatedUnion('type', [
  slackSchema,
  emailSchema,
  webhookSchema,
  templateSchema,
  pagerdutySchema,
  revocationSchema,
  caepSchema,
]);

export type ReceiverConfig = z.infer<typeof receiverSchema>;
export type ReceiverType = ReceiverConfig['type'];

/** The configuration of one type of receiver. */
export type ReceiverOf<T extends ReceiverType> = Extract<ReceiverConfig, { type: T }>;

/** Receivers that act on a token instead of telling people. */
export function isResponder(receiver: ReceiverConfig): boolean {
  return receiver.type === 'revocation' || receiver.type === 'caep';
}
