import { context, createContextKey, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { OTEL } from '../model/attributes.ts';

/** Where the SDK's HTTP instrumentation keeps the server span and its route (`@opentelemetry/core`). */
const RPC_METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

interface RpcMetadata {
  span?: Span;
  route?: string;
}

/** The span that stands for a request. */
export interface ServerSpan {
  span: Span;
  /** True when no other instrumentation made one: then we describe and end it. */
  own: boolean;
  /** Where the HTTP instrumentation looks for the route; null when there is none. */
  metadata: RpcMetadata | null;
}

/**
 * The server span of the request being handled, or one of our own, or null when no SDK records.
 *
 * The active span may be an inner one (of a framework's instrumentation), so the HTTP
 * instrumentation's word counts first. A span that does not record is passed over: a caller's
 * `traceparent` may say "not sampled", and nobody may opt out of being watched.
 */
export function serverSpan(request: IncomingMessage): ServerSpan | null {
  const active = context.active();
  const metadata = rpcMetadata(active.getValue(RPC_METADATA));
  const found = metadata?.span ?? serverKind(trace.getSpan(active));
  if (found?.isRecording() === true) return { span: found, own: false, metadata };
  const span = startOwn(request, found);
  return span.isRecording() ? { span, own: true, metadata: null } : null;
}

/** Completes and ends a span of our own with what HTTP instrumentation would have said. */
export function endOwn(span: Span, request: IncomingMessage, response: ServerResponse): void {
  const attributes: Attributes = {
    [OTEL.method]: request.method ?? 'GET',
    [OTEL.path]: (request.url ?? '/').split('?', 1)[0] ?? '/',
  };
  if (response.headersSent) attributes[OTEL.status] = response.statusCode;
  const agent = request.headers['user-agent'];
  if (agent !== undefined) attributes[OTEL.userAgent] = agent;
  const peer = request.socket.remoteAddress;
  if (peer !== undefined) attributes[OTEL.peerAddress] = peer;
  span.setAttributes(attributes);
  span.end();
}

function startOwn(request: IncomingMessage, unsampled: Span | undefined): Span {
  const linked = unsampled === undefined ? [] : [{ context: unsampled.spanContext() }];
  const scheme = request.socket instanceof TLSSocket ? 'https' : 'http';
  const attributes = { [OTEL.scheme]: scheme };
  const options = { kind: SpanKind.SERVER, root: true, links: linked, attributes };
  const tracer = trace.getTracer('tokenwatch');
  return tracer.startSpan(request.method ?? 'GET', options, ROOT_CONTEXT);
}

function serverKind(span: Span | undefined): Span | undefined {
  if (span === undefined) return undefined;
  const kind = (span as { kind?: unknown }).kind;
  // Spans of a caller that were only extracted have no kind; an SDK's own always have one.
  return kind === undefined || kind === SpanKind.SERVER ? span : undefined;
}

function rpcMetadata(value: unknown): RpcMetadata | null {
  return typeof value === 'object' && value !== null ? value : null;
}
