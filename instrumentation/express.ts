import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallDetails } from './call-details.ts';
import { frameworkAddress } from './client-address.ts';
import { observeRequest } from './observe.ts';
import type { Settings } from './options.ts';

/** What is used of Express's request (4 and 5); Connect and plain Node requests fit too. */
export interface ExpressRequestLike extends IncomingMessage {
  ip?: string | undefined;
  app?: { get(setting: 'trust proxy'): unknown };
  protocol?: string;
  body?: unknown;
  baseUrl?: string;
  route?: unknown;
}

/** A middleware for `app.use(…)`. */
export type ExpressMiddleware<Request extends ExpressRequestLike> = (
  request: Request,
  response: ServerResponse,
  next: () => void,
) => void;

/**
 * The Express middleware, for `app.use()` before all routes. NestJS on Express takes it in the same
 * way.
 *
 * @param details says of a finished request what only the service knows
 */
export function expressMiddleware<Request extends ExpressRequestLike>(
  settings: Settings,
  details?: (request: Request) => CallDetails | undefined,
): ExpressMiddleware<Request> {
  return (request, response, next) => {
    observeRequest(settings, request, response, {
      route: () => routeOf(request),
      address: () =>
        frameworkAddress(request.ip, trustsProxies(request), request.socket.remoteAddress),
      scheme: () => request.protocol,
      body: () => request.body,
      details: () => details?.(request),
    });
    next();
  };
}

/** Express's setting is a number, a list, a function or `true` once it is told of proxies. */
function trustsProxies({ app }: ExpressRequestLike): boolean {
  return Boolean(app?.get('trust proxy'));
}

/** Router mounts and the matched layer's template; patterns that are no text have no template. */
function routeOf(request: ExpressRequestLike): string | undefined {
  const { route } = request;
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  if (typeof route.path !== 'string') return undefined;
  const whole = (request.baseUrl ?? '') + route.path;
  return whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
}
