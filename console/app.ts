import fastifyCookie from '@fastify/cookie';
import fastifyRateLimit from '@fastify/rate-limit';
import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { openAudit } from '../store/audit/audit.ts';
import type { StageContext } from '../store/stage.ts';
import type { ApiContext } from './api/context.ts';
import { mountOperations, sendProblem } from './api/mount.ts';
import { refuse } from './api/operation.ts';
import { apiOperations } from './api/operations.ts';
import { createIdentify } from './auth/identify.ts';
import { createRefusals } from './auth/refusals.ts';
import { createKeys } from './auth/keys.ts';
import { loginLink } from './auth/login-link.ts';
import { createOidc } from './auth/oidc.ts';
import { acceptedHosts, isAcceptedHost } from './auth/same-site.ts';
import { createSessions } from './auth/sessions.ts';
import type { Assets } from './bundle.ts';
import { createLiveHub } from './live.ts';
import { addPages } from './pages.ts';
import { addSecurityHeaders } from './security-headers.ts';

/** Largest request body, bytes: a bulk action of 200 ids with a comment fits many times. */
const BODY_LIMIT = 256 * 1024;

export interface ConsoleOptions {
  context: StageContext;
  /** An id that nobody can guess, at least 128 random bits. */
  newId: () => string;
  /** The web page, bundled; null serves the API alone. */
  assets: Assets | null;
  version: string;
}

export interface ConsoleApp {
  /** Not listening yet: tests inject requests. */
  app: FastifyInstance;
  /** Path of the link that signs an admin in, once. */
  loginPath: string;
}

function addErrorAnswers(app: FastifyInstance, { context }: ConsoleOptions): void {
  app.setErrorHandler(async (error: FastifyError, _request, reply): Promise<FastifyReply> => {
    const status = error.statusCode ?? 500;
    if (status === 429) return sendProblem(reply, refuse(429, 'Try again in a minute.').problem);
    if (status < 500) {
      return sendProblem(reply, refuse(status, 'The request cannot be read.').problem);
    }
    context.log.error({ err: error }, 'a request failed');
    const detail = 'Something went wrong here; it was written to the log.';
    return sendProblem(reply, { status: 500, title: 'Internal error', detail });
  });
  app.setNotFoundHandler(async (_request, reply) =>
    sendProblem(reply, refuse(404, 'There is nothing under this address.').problem),
  );
}

/** Traces requests by route: an address itself may carry what people search for. */
function addSpans(app: FastifyInstance, reportSpan: StageContext['reportSpan']): void {
  if (reportSpan === undefined) return;
  app.addHook('onResponse', async (request, reply) => {
    const attributes = {
      'http.request.method': request.method,
      'http.route': request.routeOptions.url ?? '',
      'http.response.status_code': reply.statusCode,
    };
    const [seconds, failed] = [reply.elapsedTime / 1000, reply.statusCode >= 500];
    reportSpan({ name: 'console.request', seconds, attributes, failed });
  });
}

/** Builds the console without listening. Closing the app ends its live streams and its poller. */
export async function createConsoleApp(options: ConsoleOptions): Promise<ConsoleApp> {
  const { config, db, log, now, registry } = options.context;
  const { newId, version } = options;
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    // Names of clients are part of addresses.
    routerOptions: { maxParamLength: 2_000 },
    // Nothing of a request is logged: addresses may carry what people search for.
    logger: false,
  });
  const sessions = createSessions(db, newId);
  const keys = createKeys(db, newId);
  const { oidc: provider, url } = config.console;
  const oidc =
    provider === undefined || url === undefined
      ? null
      : createOidc({ config: provider, url, newId });
  const link = loginLink(newId(), now());
  const live = createLiveHub({ db, log });
  const audit = openAudit({ db, stage: 'console', now, signingKey: config.alerting.audit_key });
  const shared = { config, db, log, now, newId, version };
  const api: ApiContext = { ...shared, sessions, keys, oidc, link, live, audit };
  const identify = createIdentify({
    adminKey: config.admin_key,
    keys,
    sessions,
    anonymous: config.console.anonymous,
    now,
  });
  const accepted = acceptedHosts(config.console.host, config.console.url);

  addSecurityHeaders(app);
  app.addHook('onRequest', async (request, reply) => {
    if (isAcceptedHost(request, accepted)) return;
    const detail = 'This console does not answer under that name; see console.url.';
    await sendProblem(reply, refuse(421, detail).problem);
  });
  addErrorAnswers(app, options);
  addSpans(app, options.context.reportSpan);
  await app.register(fastifyCookie);
  await app.register(fastifyRateLimit, { global: false, cache: 10_000 });
  const noteRefusal = createRefusals({ audit, log, now });
  mountOperations(app, apiOperations(api, registry), { identify, noteRefusal });
  if (options.assets !== null) addPages(app, options.assets);
  // Open streams would hold the server's close back.
  app.addHook('preClose', async () => live.stop());
  return { app, loginPath: link.path };
}
