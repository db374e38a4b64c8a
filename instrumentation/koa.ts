import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallDetails } from './call-details.ts';
import { frameworkAddress } from './client-address.ts';
import { observeRequest } from './observe.ts';
import type { Settings } from './options.ts';

/** What is used of Koa's context; `_matchedRoute` is what `@koa/router` leaves there. */
export interface KoaContextLike {
  req: IncomingMessage;
  res: ServerResponse;
  ip?: string;
  app?: { proxy?: boolean };
  protocol?: string;
  request?: { body?: unknown };
  _matchedRoute?: unknown;
}

/** A middleware for `app.use(…)`. */
export type KoaMiddleware<Context extends KoaContextLike> = (
  context: Context,
  next: () => Promise<unknown>,
) => Promise<void>;

/**
 * The Koa middleware, for `app.use()` before the router.
 *
 * @param details says of a finished request what only the service knows
 */
export function koaMiddleware<Context extends KoaContextLike>(
  settings: Settings,
  details?: (context: Context) => CallDetails | undefined,
): KoaMiddleware<Context> {
  return async (context, next) => {
    observeRequest(settings, context.req, context.res, {
      route: () => (typeof context._matchedRoute === 'string' ? context._matchedRoute : undefined),
      address: () =>
        frameworkAddress(context.ip, context.app?.proxy === true, context.req.socket.remoteAddress),
      scheme: () => context.protocol,
      body: () => context.request?.body,
      details: () => details?.(context),
    });
    await next();
  };
}
