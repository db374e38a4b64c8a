import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallDetails } from './call-details.ts';
import { observeRequest } from './observe.ts';
import type { Settings } from './options.ts';

/** A listener for `http.createServer(…)`. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * Wraps a plain request listener, of `node:http`, `node:https` or whatever has Node's requests.
 *
 * @param details says of a finished request what only the service knows; the route belongs here:
 *   `{ route: '/accounts/:id' }`, since plain Node has none
 */
export function watchedListener(
  settings: Settings,
  listener: RequestListener,
  details?: (request: IncomingMessage) => CallDetails | undefined,
): RequestListener {
  return (request, response) => {
    observeRequest(settings, request, response, {
      route: () => undefined,
      address: () => undefined,
      scheme: () => undefined,
      body: () => undefined,
      details: () => details?.(request),
    });
    return listener(request, response);
  };
}
