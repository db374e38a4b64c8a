import type { FastifyReply } from 'fastify';
import { pepperOf } from '../../config/pepper.ts';
import { CALLBACK_PATH } from '../auth/oidc.ts';
import { FLOW_LIFETIME, openFlow, sealFlow } from '../auth/oidc-flow.ts';
import type { ApiContext } from './context.ts';
import { operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { beginSession } from './session.ts';

const FLOW_COOKIE = 'tokenwatch_oidc';
const NOT_HERE = 'No OpenID provider is configured; see console.oidc.';
/** These are for browsers on their way, which follow. */
const browsing = { tag: 'session', access: 'everybody', media: 'text/plain' } as const;

/** Only the way back sees it; Lax, because the provider's page leads there. */
function setFlowCookie({ config }: ApiContext, reply: FastifyReply, value: string): void {
  void reply.setCookie(FLOW_COOKIE, value, {
    path: CALLBACK_PATH,
    httpOnly: true,
    sameSite: 'lax',
    secure: config.console.url?.startsWith('https:') ?? false,
    maxAge: FLOW_LIFETIME / 1000,
  });
}

function lead(reply: FastifyReply, to: string): void {
  void reply.header('cache-control', 'no-store').redirect(to, 303);
}

/** What went wrong, for the log: a code and a sentence, never an address with a code in it. */
function about(cause: unknown): { code: unknown; message: string } {
  if (!(cause instanceof Error)) return { code: undefined, message: 'unknown' };
  return { code: 'code' in cause ? cause.code : undefined, message: cause.message };
}

function begin(context: ApiContext): Operation {
  const { oidc, config, now, log } = context;
  return operation({
    ...browsing,
    id: 'beginOidc',
    method: 'GET',
    path: '/api/v1/session/oidc',
    summary: 'Lead a browser to the OpenID provider',
    perMinute: 30,
    handle: async ({ reply }) => {
      if (oidc === null) return refuse(404, NOT_HERE);
      try {
        const { address, flow } = await oidc.begin(now());
        setFlowCookie(context, reply, sealFlow(flow, pepperOf(config).reveal()));
        lead(reply, address.href);
        return undefined;
      } catch (cause) {
        log.warn(about(cause), 'the OpenID provider does not answer');
        lead(reply, '/login?sso=unreachable');
        return undefined;
      }
    },
  });
}

function finish(context: ApiContext): Operation {
  const { oidc, config, now, log } = context;
  return operation({
    ...browsing,
    id: 'finishOidc',
    method: 'GET',
    path: CALLBACK_PATH,
    summary: 'Where the OpenID provider sends a browser back to',
    perMinute: 30,
    handle: async ({ request, reply }) => {
      if (oidc === null) return refuse(404, NOT_HERE);
      const at = now();
      const cookie = request.cookies[FLOW_COOKIE];
      const key = pepperOf(config).reveal();
      const flow = cookie === undefined ? null : openFlow(cookie, key, at);
      void reply.clearCookie(FLOW_COOKIE, { path: CALLBACK_PATH });
      if (flow === null) {
        lead(reply, '/login?sso=late');
        return undefined;
      }
      const mark = request.url.indexOf('?');
      const search = mark === -1 ? '' : request.url.slice(mark);
      const outcome = await oidc.finish(search, flow, at);
      if (!outcome.ok) {
        log.warn({ why: outcome.why, ...about(outcome.cause) }, 'a single sign-on was refused');
        lead(reply, `/login?sso=${outcome.why}`);
        return undefined;
      }
      const { person, role, subject, amr } = outcome;
      const detail = { by: 'oidc', subject, ...(amr.length === 0 ? {} : { amr }) };
      await beginSession(context, reply, { person, role, detail });
      lead(reply, '/incidents');
      return undefined;
    },
  });
}

/** Signing in at an OpenID provider. */
export function oidcOperations(context: ApiContext): Operation[] {
  return [begin(context), finish(context)];
}
