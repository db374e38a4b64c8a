import { Metadata, Server, ServerInterceptingCall, status } from '@grpc/grpc-js';
import type {
  ServerInterceptor,
  ServerUnaryCall,
  ServiceDefinition,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { Turns } from '../background/turns.ts';
import { encodeExportResponse } from '../http/status.ts';
import type { Authenticate } from '../http/sender-keys.ts';
import { grpcCredentials } from '../http/tls.ts';
import type { TlsFiles } from '../http/tls.ts';
import type { Intake } from '../intake.ts';
import type { CollectorMetrics } from '../metrics.ts';
import { ProtoWriter } from '../otlp/proto-writer.ts';
import type { Signal } from '../otlp/read-request.ts';

export interface GrpcOptions {
  intake: Intake;
  authenticate: Authenticate;
  metrics: CollectorMetrics;
  /** Null: without TLS, behind a proxy or mesh that brings its own. */
  tls: TlsFiles | null;
  /** Bytes of a message once it is inflated. */
  maxMessageBytes: number;
  /** Told of errors that are our own fault. */
  onError: (error: unknown) => void;
  /** In which messages are read. */
  turns: Turns;
}

export interface RunningGrpc {
  port: number;
  /** Lets calls that are under way finish, for as long as it is given, ms. */
  stop(patience: number): Promise<void>;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** Messages stay bytes: the collector's own reader takes them. */
function serviceOf(path: string): ServiceDefinition {
  return {
    Export: {
      path,
      ...{ requestStream: false, responseStream: false },
      ...{ requestSerialize: asIs, requestDeserialize: asIs },
      ...{ responseSerialize: asIs, responseDeserialize: asIs },
    },
  };
}

const PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};
const REJECTED_NAME = { traces: 'rejectedSpans', logs: 'rejectedLogRecords' } as const;

/** A google.rpc.Status with RetryInfo: tells a client that it may come again, and when. */
function retryDetails(code: number, message: string, seconds: number): Metadata {
  const info = new ProtoWriter();
  const delay = info.begin(1);
  info.uint(1, seconds);
  info.end(delay);
  const to = new ProtoWriter();
  to.uint(1, code);
  to.string(2, message);
  const any = to.begin(3);
  to.string(1, 'type.googleapis.com/google.rpc.RetryInfo');
  to.bytes(2, info.finish());
  to.end(any);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', to.finish());
  return metadata;
}

/** Senders as they are counted: set when a call is let in. */
const senders = new WeakMap<Metadata, string>();

/** Asks who sends before a byte of the message is taken. */
function gate({ authenticate, metrics }: GrpcOptions): ServerInterceptor {
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, letIn) => {
            const [authorization] = metadata.get('authorization');
            const key = typeof authorization === 'string' ? authorization : undefined;
            const sender = authenticate(key);
            if (sender !== null) {
              senders.set(metadata, sender);
              letIn(metadata);
              return;
            }
            const signal = path === PATHS.logs ? 'logs' : 'traces';
            const code = status.UNAUTHENTICATED;
            metrics.refused.inc({ reason: 'unauthenticated', sender: 'unknown' });
            metrics.requests.inc({ transport: 'grpc', signal, status: status[code] });
            call.sendStatus({ code, details: 'a sender key is needed' });
          },
        });
      },
    });
}

function handlerOf(options: GrpcOptions, signal: Signal) {
  const { intake, metrics, turns } = options;
  return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    const sender = senders.get(call.metadata) ?? 'unknown';
    const count = (code: status): void =>
      metrics.requests.inc({ transport: 'grpc', signal, status: status[code] });
    const refuse = (code: status, reason: string, details: string, metadata?: Metadata): void => {
      metrics.refused.inc({ reason, sender });
      count(code);
      answer({ code, details, ...(metadata === undefined ? {} : { metadata }) });
    };
    turns
      .next()
      .then(() => intake(call.request, 'protobuf', signal, sender))
      .then((outcome) => {
        if (outcome.kind === 'malformed') {
          refuse(status.INVALID_ARGUMENT, 'malformed', outcome.message);
        } else if (outcome.kind === 'unavailable') {
          const { message, retryAfter } = outcome;
          const details = retryDetails(status.UNAVAILABLE, message, retryAfter);
          refuse(status.UNAVAILABLE, 'unavailable', message, details);
        } else {
          count(status.OK);
          answer(null, encodeExportResponse('protobuf', outcome.partial, REJECTED_NAME[signal]));
        }
      })
      .catch((error: unknown) => {
        options.onError(error);
        const message = 'the collector met an error of its own';
        const details = retryDetails(status.UNAVAILABLE, message, 5);
        refuse(status.UNAVAILABLE, 'internal', message, details);
      });
  };
}

/**
 * Serves OTLP/gRPC for traces and logs.
 *
 * @throws Error when the port is taken
 */
export async function startGrpc(
  options: GrpcOptions,
  host: string,
  port: number,
): Promise<RunningGrpc> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    interceptors: [gate(options)],
  });
  for (const signal of ['traces', 'logs'] as const) {
    server.addService(serviceOf(PATHS[signal]), { Export: handlerOf(options, signal) });
  }
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, grpcCredentials(options.tls), (error, at) => {
      if (error === null) resolve(at);
      else reject(error);
    });
  });
  return {
    port: bound,
    stop: (patience) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), patience);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
