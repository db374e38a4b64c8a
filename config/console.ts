import { z } from 'zod';
import { secret } from './secret.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** OpenID Connect: people sign in at a provider of one's own (authorization code with PKCE). */
const oidcSchema = z.strictObject({
  /** As the provider's discovery document names itself; HTTPS but on the loopback address. */
  issuer: z.url({ protocol: /^https?$/ }).refine((issuer) => {
    const { protocol, hostname } = new URL(issuer);
    return protocol === 'https:' || LOOPBACK.has(hostname);
  }, 'expected https'),
  client_id: z.string().min(1),
  client_secret: secret(),
  scopes: z
    .array(z.string().min(1))
    .refine((scopes) => scopes.includes('openid'), 'expected openid among them')
    .default(['openid', 'profile', 'email']),
  /** The claim that names a person in histories; one that people cannot change themselves. */
  person_claim: z.string().min(1).default('sub'),
  /** The claim with a person's groups or roles; `a.b` looks into nested claims. */
  role_claim: z.string().min(1).default('groups'),
  /** What each value of the claim makes of somebody; who has none of them is refused. */
  roles: z.record(z.string(), z.enum(['viewer', 'responder', 'admin'])),
  /** Refuse who did not show one of these (RFC 8176: `mfa`, `otp`, `hwk`); empty asks for none. */
  required_amr: z.array(z.string().min(1)).default([]),
});

export type OidcConfig = z.infer<typeof oidcSchema>;

/** `console:` — the triage page and the REST API. */
export const consoleSchema = z
  .strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65535).default(8080),
    /** How people reach it, for links in messages; `http://<host>:<port>` by default. */
    url: z.url().optional(),
    /** What a visitor without a key may do; only for demonstrations on the loopback address. */
    anonymous: z.enum(['nothing', 'viewer']).default('nothing'),
    oidc: oidcSchema.optional(),
  })
  .refine(({ oidc, url }) => oidc === undefined || url !== undefined, {
    path: ['url'],
    message: 'console.oidc needs it: the provider sends people back to it',
  });
