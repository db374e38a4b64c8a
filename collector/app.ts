import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { Room } from './background/room.ts';
import type { Turns } from './background/turns.ts';
import { BufferPool, NoRoomForBody, ReceivedBody, bodyParser } from './http/body.ts';
import { inflateBody } from './http/inflate.ts';
import type { Inflated } from './http/inflate.ts';
import type { Authenticate } from './http/sender-keys.ts';
import { CODE, CONTENT_TYPE, encodeExportResponse, encodeStatus } from './http/status.ts';
import type { Encoding } from './http/status.ts';
import type { Intake, IntakeOutcome } from './intake.ts';
import { httpsOptions } from './http/tls.ts';
import type { TlsFiles } from './http/tls.ts';
import type { CollectorMetrics } from './metrics.ts';
import type { Signal } from './otlp/read-request.ts';

export interface CollectorAppOptions {
  intake: Intake;
  authenticate: Authenticate;
  metrics: CollectorMetrics;
  registry: Registry;
  /** Null: plain HTTP. */
  tls: TlsFiles | null;
  /** Bytes of a body as it comes, and once it is inflated. */
  maxBodyBytes: number;
  maxInflatedBytes: number;
  /** Null when ready, else what is missing. */
  notReady: () => Promise<string | null>;
  /** Told of errors that are our own fault; the sender sees 503 and nothing of them. */
  onError: (error: unknown) => void;
  /** In which bodies are read. */
  turns: Turns;
}

/** Bodies that are inflated at once, as many as Node has threads for it. */
const INFLATED_AT_ONCE = 4;
const REJECTED_NAME = { traces: 'rejectedSpans', logs: 'rejectedLogRecords' } as const;
/** Ms until a whole request must be there: one that trickles would hold its buffer for ever. */
const REQUEST_TIMEOUT = 60_000;
/** Seconds after which a sender that met an error of ours may come again. */
const RETRY_AFTER = 5;

interface Answer {
  status: number;
  code: number;
  reason: string;
  message: string;
  retryAfter?: number;
}

/** The request's encoding, in which it is also answered; JSON for one that we do not know. */
function encodingOf(request: FastifyRequest): Encoding {
  const type = request.headers['content-type'] ?? '';
  return /^\s*application\/(?:x-)?protobuf\b/i.test(type) ? 'protobuf' : 'json';
}

/** Fastify's own refusals, in OTLP's words. */
function answerOfError(error: unknown): Answer {
  const { code = '', statusCode = 500 } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const message = 'the body is larger than collector.max_body_bytes';
    return { status: 413, code: CODE.invalidArgument, reason: 'oversized', message };
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const message = 'Content-Type must be application/x-protobuf or application/json';
    return { status: 415, code: CODE.invalidArgument, reason: 'unsupported_type', message };
  }
  if (error instanceof NoRoomForBody) {
    const message = 'the collector receives too much at once';
    const answer = { status: 503, code: CODE.unavailable, reason: 'unavailable', message };
    return { ...answer, retryAfter: 1 };
  }
  if (statusCode >= 400 && statusCode < 500) {
    const message = 'the request cannot be read';
    return { status: 400, code: CODE.invalidArgument, reason: 'malformed', message };
  }
  const message = 'the collector met an error of its own';
  const ours = { status: 503, code: CODE.unavailable, reason: 'internal', message };
  return { ...ours, retryAfter: RETRY_AFTER };
}

/** Senders as they are counted: set when a request is let in. */
const senders = new WeakMap<FastifyRequest, string>();

function refuse(
  options: CollectorAppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
): FastifyReply {
  const { metrics } = options;
  const sender = senders.get(request) ?? 'unknown';
  metrics.refused.inc({ reason: answer.reason, sender });
  const signal = request.url.startsWith('/v1/logs') ? 'logs' : 'traces';
  metrics.requests.inc({ transport: 'http', signal, status: String(answer.status) });
  const encoding = encodingOf(request);
  if (answer.retryAfter !== undefined) void reply.header('Retry-After', String(answer.retryAfter));
  if (answer.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  return reply
    .status(answer.status)
    .header('Content-Type', CONTENT_TYPE[encoding])
    .send(encodeStatus(encoding, answer.code, answer.message));
}

type NotInflated = Extract<Inflated, { ok: false }>;

/** What a request with no body at all is read as. */
const NO_BODY = new ReceivedBody(new BufferPool(), 0);

/** The body, which the request then no longer holds. */
function takeBody(request: FastifyRequest): ReceivedBody {
  const { body } = request;
  request.body = undefined;
  return body instanceof ReceivedBody ? body : NO_BODY;
}

function exportRoute(options: CollectorAppOptions, inflating: Room, signal: Signal) {
  const { intake, metrics, maxInflatedBytes, turns } = options;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const encoding = encodingOf(request);
    const coding = request.headers['content-encoding'] ?? '';
    const sender = senders.get(request) ?? 'unknown';
    const received = takeBody(request);
    const place = coding === '' ? null : await inflating.wait(1);
    // Kept in no variable: while the call waits for the store, nothing holds on to its body.
    const reading = inflateBody(received.bytes, coding, maxInflatedBytes);
    const outcome = await reading.then<IntakeOutcome | NotInflated>(async (inflated) => {
      let taken: Promise<IntakeOutcome> | NotInflated;
      try {
        await turns.next();
        taken = inflated.ok ? intake(inflated.body, encoding, signal, sender) : inflated;
      } finally {
        // The intake reads at once, before it waits; a place that is not given back would be lost for good.
        received.release();
        place?.leave();
      }
      return taken;
    });
    if ('ok' in outcome) {
      const { reason, message } = outcome;
      const status = { malformed: 400, oversized: 413, unsupported: 415 }[reason];
      const answer = { status, code: CODE.invalidArgument, reason, message };
      return refuse(options, request, reply, answer);
    }
    if (outcome.kind === 'malformed') {
      const { message } = outcome;
      const answer = { status: 400, code: CODE.invalidArgument, reason: 'malformed', message };
      return refuse(options, request, reply, answer);
    }
    if (outcome.kind === 'unavailable') {
      const { message, retryAfter } = outcome;
      const answer = { status: 503, code: CODE.unavailable, reason: 'unavailable', message };
      return refuse(options, request, reply, { ...answer, retryAfter });
    }
    metrics.requests.inc({ transport: 'http', signal, status: '200' });
    return reply
      .header('Content-Type', CONTENT_TYPE[encoding])
      .send(encodeExportResponse(encoding, outcome.partial, REJECTED_NAME[signal]));
  };
}

/** The OTLP routes: who sends is asked before a byte of the body is read. */
function addExport(app: FastifyInstance, options: CollectorAppOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const sender = options.authenticate(request.headers.authorization);
    if (sender === null) {
      const message = 'a sender key is needed: Authorization: Bearer <key>';
      const code = CODE.unauthenticated;
      return refuse(options, request, reply, {
        status: 401,
        code,
        reason: 'unauthenticated',
        message,
      });
    }
    senders.set(request, sender);
    return undefined;
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = answerOfError(error);
    if (answer.reason === 'internal') options.onError(error);
    return refuse(options, request, reply, answer);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/x-protobuf', 'application/protobuf', 'application/json'],
    bodyParser(new BufferPool(), options.maxBodyBytes),
  );
  const inflating = new Room(INFLATED_AT_ONCE);
  app.post('/v1/traces', exportRoute(options, inflating, 'traces'));
  app.post('/v1/logs', exportRoute(options, inflating, 'logs'));
}

/**
 * The collector's HTTP side: OTLP, health, readiness and metrics. It opens no socket: call
 * `listen`, or `inject` requests.
 */
export function createCollectorApp(options: CollectorAppOptions): FastifyInstance {
  const { tls, maxBodyBytes: bodyLimit } = options;
  const common = { logger: false, bodyLimit, requestTimeout: REQUEST_TIMEOUT };
  // Fastify's type says more of a server that may be either than its users need to know.
  const app = (
    tls === null ? fastify(common) : fastify({ ...common, https: httpsOptions(tls) })
  ) as FastifyInstance;
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/ready', async (_request, reply) => {
    const missing = await options.notReady();
    if (missing === null) return { status: 'ready' };
    return reply.status(503).send({ status: 'not ready', missing });
  });
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('Content-Type', options.registry.contentType)
      .send(await options.registry.metrics()),
  );
  void app.register(async (otlp) => addExport(otlp, options));
  return app;
}
