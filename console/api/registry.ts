import { z } from 'zod';
import { readRegisteredToken, registerToken } from '../../store/console/token-registry.ts';
import type { RegisteredToken } from '../../store/console/token-registry.ts';
import type { ApiContext } from './context.ts';
import { hashText } from './inputs.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { iso } from './views.ts';

const time = z.iso.datetime({ offset: true });

const registration = z
  .strictObject({
    client: z.string().trim().max(2_000).optional(),
    environment: z.string().trim().max(200).optional(),
    granted_scopes: z.array(z.string().min(1).max(400)).max(500).optional(),
    issued_at: time.optional(),
    expires_at: time.optional(),
    revoked_at: time.optional(),
    client_cert_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
      .optional(),
    allowed_networks: z
      .array(z.string().regex(/^AS\d{1,10}$/, 'expected a network such as AS64500'))
      .max(200)
      .optional(),
  })
  .meta({ id: 'TokenRegistration' });

export const registeredSchema = z
  .object({
    token_hash: z.string(),
    client: z.string(),
    environment: z.string(),
    granted_scopes: z.array(z.string()),
    issued_at: z.string(),
    expires_at: z.string(),
    revoked_at: z.string(),
    client_cert_sha256: z.string(),
    allowed_networks: z.array(z.string()),
    registered_by: z.string(),
  })
  .meta({ id: 'RegisteredToken' });

export function registeredView(token: RegisteredToken): z.infer<typeof registeredSchema> {
  return {
    token_hash: token.tokenHash,
    client: token.clientId,
    environment: token.environment,
    granted_scopes: token.grantedScopes,
    issued_at: iso(token.issuedAt),
    expires_at: iso(token.expiresAt),
    revoked_at: iso(token.revokedAt),
    client_cert_sha256: token.clientCertSha256,
    allowed_networks: token.allowedNetworks,
    registered_by: token.registeredBy,
  };
}

function epoch(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text);
}

function register({ db, now, audit }: ApiContext): Operation {
  return operation({
    id: 'registerToken',
    method: 'PUT',
    path: '/api/v1/tokens/{hash}',
    tag: 'tokens',
    summary: 'Say of a token what its issuer knows: lifecycle, grant, bindings',
    access: 'admin',
    params: z.object({ hash: hashText }),
    body: registration,
    answer: registeredSchema,
    handle: async ({ params: { hash }, body, caller }) => {
      const token: RegisteredToken = {
        tokenHash: hash,
        clientId: body.client ?? '',
        environment: body.environment ?? '',
        grantedScopes: body.granted_scopes ?? [],
        issuedAt: epoch(body.issued_at),
        expiresAt: epoch(body.expires_at),
        revokedAt: epoch(body.revoked_at),
        clientCertSha256: body.client_cert_sha256 ?? '',
        allowedNetworks: body.allowed_networks ?? [],
        registeredBy: caller.actor,
      };
      await registerToken(db, token, now());
      const subject = `token:${hash}`;
      const detail = { said: Object.keys(body) };
      await audit.record([{ actor: caller.actor, action: 'token.registered', subject, detail }]);
      return ok(registeredView(token));
    },
  });
}

function look({ db }: ApiContext): Operation {
  return operation({
    id: 'getRegistration',
    method: 'GET',
    path: '/api/v1/tokens/{hash}/registration',
    tag: 'tokens',
    summary: 'What the issuer said of a token',
    access: 'viewer',
    params: z.object({ hash: hashText }),
    answer: registeredSchema,
    handle: async ({ params: { hash } }) => {
      const token = await readRegisteredToken(db, hash);
      return token === null
        ? refuse(404, 'Nothing was registered of this token.')
        : ok(registeredView(token));
    },
  });
}

/** What issuers say of their tokens. */
export function registryOperations(context: ApiContext): Operation[] {
  return [register(context), look(context)];
}
