export type { CallDetails } from './call-details.ts';
export { createTokenwatch } from './create.ts';
export type { AnyRequest, Describe, Tokenwatch } from './create.ts';
export type { ExpressMiddleware, ExpressRequestLike } from './express.ts';
export type { FastifyPlugin, FastifyRequestLike } from './fastify.ts';
export type { KoaContextLike, KoaMiddleware } from './koa.ts';
export type { RequestListener } from './node-http.ts';
export type { TokenwatchOptions } from './options.ts';
export { TokenwatchSpanProcessor } from './span-processor.ts';
