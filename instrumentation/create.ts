import type { Attributes } from '@opentelemetry/api';
import type { IncomingMessage } from 'node:http';
import { addDetails } from './call-details.ts';
import type { CallDetails } from './call-details.ts';
import { expressMiddleware } from './express.ts';
import type { ExpressMiddleware, ExpressRequestLike } from './express.ts';
import { fastifyPlugin } from './fastify.ts';
import type { FastifyPlugin, FastifyRequestLike } from './fastify.ts';
import { koaMiddleware } from './koa.ts';
import type { KoaContextLike, KoaMiddleware } from './koa.ts';
import { watchedListener } from './node-http.ts';
import type { RequestListener } from './node-http.ts';
import { describeCall } from './observe.ts';
import { guarded, resolveSettings } from './options.ts';
import type { TokenwatchOptions } from './options.ts';
import { TokenwatchSpanProcessor } from './span-processor.ts';
import { addClaims, addTokenHash } from './token-attributes.ts';

/** Says of a finished request what only the service knows. */
export type Describe<Request> = (request: Request) => CallDetails | undefined;

/** Node's request, or a framework's that holds it (`raw` in Fastify, `req` in Koa and NestJS). */
export type AnyRequest = IncomingMessage | { raw: IncomingMessage } | { req: IncomingMessage };

/** The parts of tokenwatch in a service, with one set of options. */
export interface Tokenwatch {
  /** For the SDK's `spanProcessors`, before the exporter's. */
  spanProcessor: () => TokenwatchSpanProcessor;
  /** For `app.register()`. */
  fastify: <Request extends FastifyRequestLike = FastifyRequestLike>(
    describe?: Describe<Request>,
  ) => FastifyPlugin<Request>;
  /** For `app.use()`, before the routes. */
  express: <Request extends ExpressRequestLike = ExpressRequestLike>(
    describe?: Describe<Request>,
  ) => ExpressMiddleware<Request>;
  /** For Koa's `app.use()`, before the router. */
  koa: <Context extends KoaContextLike = KoaContextLike>(
    describe?: Describe<Context>,
  ) => KoaMiddleware<Context>;
  /** Around the listener of `http.createServer()`. */
  http: (listener: RequestListener, describe?: Describe<IncomingMessage>) => RequestListener;
  /** Says more of a call from inside its handler. */
  describe: (request: AnyRequest, details: CallDetails) => void;
  /**
   * The attributes of a call that came by another road than HTTP (a queue, gRPC), for a span of
   * one's own. `credential` is raw, without its scheme; null when there was none.
   */
  attributes: (credential: string | null, details: CallDetails) => Attributes;
}

/**
 * tokenwatch for one service. Depends on `@opentelemetry/api` alone, never throws into the service,
 * never waits, and does nothing at all when no SDK is started.
 */
export function createTokenwatch(options: TokenwatchOptions): Tokenwatch {
  const settings = resolveSettings(options);
  return {
    spanProcessor: () => new TokenwatchSpanProcessor(settings),
    fastify: (describe) => fastifyPlugin(settings, describe),
    express: (describe) => expressMiddleware(settings, describe),
    koa: (describe) => koaMiddleware(settings, describe),
    http: (listener, describe) => watchedListener(settings, listener, describe),
    describe: (request, details) =>
      guarded(settings, () => describeCall(nodeRequest(request), details)),
    attributes: (credential, details) => {
      const attributes: Attributes = {};
      guarded(settings, () => {
        if (credential !== null) {
          addTokenHash(settings, { raw: credential, basicUser: '' }, attributes);
          addClaims(settings, { raw: credential, basicUser: '' }, attributes);
        }
        addDetails(settings, details, attributes);
      });
      return attributes;
    },
  };
}

function nodeRequest(request: AnyRequest): IncomingMessage {
  if ('raw' in request) return request.raw;
  return 'req' in request ? request.req : request;
}
