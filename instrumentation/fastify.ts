import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallDetails } from './call-details.ts';
import { frameworkAddress } from './client-address.ts';
import { observeRequest } from './observe.ts';
import type { Settings } from './options.ts';

/** What is used of Fastify's request; any Fastify from 4 on fits. */
export interface FastifyRequestLike {
  raw: IncomingMessage;
  ip: string;
  /** There only where Fastify was told of proxies (`trustProxy`). */
  ips?: string[] | undefined;
  protocol?: string;
  body?: unknown;
  routeOptions: { url?: string | undefined };
}

/** What is used of a Fastify instance. */
interface FastifyLike<Request extends FastifyRequestLike> {
  addHook(
    name: 'onRequest',
    hook: (request: Request, reply: { raw: ServerResponse }, done: () => void) => void,
  ): unknown;
}

/** A plugin for `app.register(…)`. */
export type FastifyPlugin<Request extends FastifyRequestLike> = (
  app: FastifyLike<Request>,
  options: unknown,
  done: () => void,
) => void;

/**
 * The Fastify plugin: watches every route of the app that registers it, from outside its scope.
 *
 * @param details says of a finished request what only the service knows
 */
export function fastifyPlugin<Request extends FastifyRequestLike>(
  settings: Settings,
  details?: (request: Request) => CallDetails | undefined,
): FastifyPlugin<Request> {
  const plugin: FastifyPlugin<Request> = (app, _options, done) => {
    app.addHook('onRequest', (request, reply, next) => {
      observeRequest(settings, request.raw, reply.raw, {
        route: () => request.routeOptions.url,
        address: () =>
          frameworkAddress(request.ip, request.ips !== undefined, request.raw.socket.remoteAddress),
        scheme: () => request.protocol,
        body: () => request.body,
        details: () => details?.(request),
      });
      next();
    });
    done();
  };
  // Fastify's own mark for plugins that are not encapsulated (what `fastify-plugin` sets).
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'tokenwatch',
  });
}
