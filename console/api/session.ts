import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { AuditRecord } from '../../model/audit.ts';
import { SESSION_COOKIE } from '../auth/identify.ts';
import { ROLES } from '../auth/roles.ts';
import type { Caller, Role } from '../auth/roles.ts';
import { sameSecret } from '../auth/secrets.ts';
import { SESSION_LIFETIME } from '../auth/sessions.ts';
import type { ApiContext } from './context.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';

const sessionAnswer = z.object({
  /** `person:ada`, `key:admin` or `anonymous`. */
  actor: z.string(),
  role: z.enum(ROLES).nullable(),
  signed_in: z.boolean(),
  version: z.string(),
  /** True where people can sign in at an OpenID provider. */
  sso: z.boolean(),
});

function view(caller: Caller, { version, oidc }: ApiContext): z.infer<typeof sessionAnswer> {
  const { actor, role, via } = caller;
  return { actor, role, signed_in: via !== 'nothing', version, sso: oidc !== null };
}

function setCookie({ config }: ApiContext, reply: FastifyReply, id: string): void {
  void reply.setCookie(SESSION_COOKIE, id, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: config.console.url?.startsWith('https:') ?? false,
    maxAge: SESSION_LIFETIME / 1000,
  });
}

/** Who signs in, and how that was shown, for the audit. */
export interface SignedIn {
  person: string;
  role: Role;
  detail: AuditRecord['detail'];
}

/** Begins a session, tells the audit and sets the cookie. */
export async function beginSession(
  context: ApiContext,
  reply: FastifyReply,
  { person, role, detail }: SignedIn,
): Promise<void> {
  const { sessions, audit, now } = context;
  const actor = `person:${person}`;
  const entry = { actor, action: 'session.began', subject: actor, detail: { role, ...detail } };
  // First the record, then the way in: nobody is signed in unseen.
  await audit.record([entry]);
  setCookie(context, reply, await sessions.begin(person, role, now()));
}

function who(context: ApiContext): Operation {
  return operation({
    id: 'getSession',
    method: 'GET',
    path: '/api/v1/session',
    tag: 'session',
    summary: 'Who is asking, and what they may do',
    access: 'everybody',
    answer: sessionAnswer,
    handle: async ({ caller }) => ok(view(caller, context)),
  });
}

/** By the link that was printed at the start, or by the admin key. */
const signInBody = z.union([
  z.strictObject({ code: z.string().min(1).max(200) }),
  z.strictObject({ key: z.string().min(1).max(512) }),
]);

function signIn(context: ApiContext): Operation {
  const { config, link, now } = context;
  return operation({
    id: 'signIn',
    method: 'POST',
    path: '/api/v1/session',
    tag: 'session',
    summary: 'Begin a session with a one-time code or the admin key',
    access: 'everybody',
    perMinute: 10,
    body: signInBody,
    answer: sessionAnswer,
    handle: async ({ body, reply }) => {
      const at = now();
      const admin = config.admin_key?.reveal();
      const right =
        'code' in body
          ? link.redeem(body.code, at)
          : admin !== undefined && sameSecret(body.key, admin);
      if (!right) {
        return refuse(401, 'That does not open a session: a link works once, for a day.');
      }
      const detail = { by: 'code' in body ? 'link' : 'admin key' };
      await beginSession(context, reply, { person: 'admin', role: 'admin', detail });
      return ok(view({ actor: 'person:admin', role: 'admin', via: 'session' }, context));
    },
  });
}

function signOut(context: ApiContext): Operation {
  const { sessions, now, audit } = context;
  return operation({
    id: 'signOut',
    method: 'DELETE',
    path: '/api/v1/session',
    tag: 'session',
    summary: 'End the session, everywhere',
    access: 'everybody',
    answer: sessionAnswer,
    handle: async ({ request, reply, caller }) => {
      const id = request.cookies[SESSION_COOKIE];
      if (id !== undefined) await sessions.end(id, now());
      if (caller.via === 'session') {
        const { actor } = caller;
        await audit.record([{ actor, action: 'session.ended', subject: actor, detail: {} }]);
      }
      void reply.clearCookie(SESSION_COOKIE, { path: '/' });
      return ok(view({ actor: 'anonymous', role: null, via: 'nothing' }, context));
    },
  });
}

/** Signing in and out. */
export function sessionOperations(context: ApiContext): Operation[] {
  return [who(context), signIn(context), signOut(context)];
}
