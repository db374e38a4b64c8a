import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { Attributes, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createTokenwatch } from '../instrumentation/index.ts';
import type { Tokenwatch } from '../instrumentation/index.ts';
import { OTEL } from '../model/attributes.ts';
import type { Actor } from './cast.ts';
import { CLIENTS } from './clients.ts';
import { ENVIRONMENTS, OPERATIONS, ownerIndexOf, pathOf, SERVICES } from './operations.ts';
import { PatientExporter } from './patient-exporter.ts';
import type { PlannedCall } from './schedule.ts';
import type { Wallet } from './wallet.ts';

/** Spans of one request; large, because the collector keeps each batch before it answers. */
const BATCH = 2_000;
/** Longest time one batch is tried, ms. */
const PATIENCE_MS = 180_000;

export interface HistoryTracers {
  /** Makes the span of a call that was made in the past. */
  record(call: PlannedCall): void;
  /** Settles when everything recorded so far has been taken; rejects when it was not. */
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

export interface HistoryOptions {
  collectorUrl: string;
  headers: Record<string, string>;
  pepper: string;
  wallet: Wallet;
}

/**
 * A real tracer for each service in each environment, whose spans carry times of the past and the
 * attributes that the live services' instrumentation would have set.
 */
export function historyTracers(options: HistoryOptions): HistoryTracers {
  const exporter = new PatientExporter({
    inner: new OTLPTraceExporter({
      url: `${options.collectorUrl}/v1/traces`,
      headers: options.headers,
      timeoutMillis: 60_000,
    }),
    concurrency: 4,
    patienceMs: PATIENCE_MS,
  });
  const providers = new Map<string, TracerProvider>();
  const tracers = new Map<string, Tracer>();
  for (const service of SERVICES) {
    for (const environment of ENVIRONMENTS) {
      const provider = providerOf(service, environment, exporter);
      providers.set(`${service} ${environment}`, provider);
      tracers.set(`${service} ${environment}`, provider.getTracer('example-bank'));
    }
  }
  const describer = attributesOf(createTokenwatch({ pepper: options.pepper }), options.wallet);
  return {
    record: (call) => {
      const tracer = tracers.get(`${OPERATIONS[call.operation].service} ${call.environment}`);
      if (tracer !== undefined) record(tracer, call, describer(call));
    },
    flush: async () => {
      await Promise.all([...providers.values()].map((provider) => provider.forceFlush()));
    },
    shutdown: async () => {
      await Promise.all([...providers.values()].map((provider) => provider.shutdown()));
    },
  };
}

function providerOf(service: string, environment: string, exporter: PatientExporter) {
  return new TracerProvider({
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      [OTEL.serviceName]: service,
      'service.namespace': 'example-bank',
      [OTEL.environment]: environment,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxExportBatchSize: BATCH,
        // Never reached: the backfill flushes long before. At this bound the SDK would drop.
        maxQueueSize: 100 * BATCH,
        exportTimeoutMillis: 2 * PATIENCE_MS,
      }),
    ],
  });
}

function record(tracer: Tracer, call: PlannedCall, attributes: Attributes): void {
  const { method, route } = OPERATIONS[call.operation];
  const span = tracer.startSpan(
    `${method} ${route}`,
    { kind: SpanKind.SERVER, startTime: new Date(call.at), attributes, root: true },
    ROOT_CONTEXT,
  );
  // A few milliseconds, by the object's digits: it matters to nobody, but zero would look odd.
  span.end(new Date(call.at + 3 + (Number(call.object.slice(-3)) % 23)));
}

/** What instrumentation would say of a call; the token's part is worked out once a token. */
function attributesOf(tokenwatch: Tokenwatch, wallet: Wallet) {
  const known = new Map<Actor, Attributes>();
  const ofToken = (actor: Actor): Attributes => {
    const { grant, token } = wallet.of(actor);
    const attributes = tokenwatch.attributes(token, {
      clientId: grant.clientId,
      tokenId: grant.id,
      subject: grant.subject,
      tokenEnvironment: grant.environment,
      tokenIssuedAt: grant.issuedAt,
      tokenExpiresAt: grant.expiresAt,
      grantedScopes: grant.scopes,
    });
    known.set(actor, attributes);
    return attributes;
  };
  return (call: PlannedCall): Attributes => {
    const operation = OPERATIONS[call.operation];
    const owner = ownerIndexOf(call.object);
    const status = owner === null ? 404 : statusOf(call);
    const details = tokenwatch.attributes(null, {
      scope: operation.scope,
      objectType: operation.objectType,
      object: call.object,
      objectOwner: owner === null ? undefined : CLIENTS[owner]?.id,
      nonce: call.nonce ?? undefined,
      amount: call.amount ?? undefined,
      currency: call.amount === null ? undefined : 'EUR',
      requestFields: call.operation === 'pay' ? ['account', 'amount'] : undefined,
      authResult: status < 400 ? 'accepted' : undefined,
    });
    return {
      ...(known.get(call.actor) ?? ofToken(call.actor)),
      ...details,
      [OTEL.method]: operation.method,
      [OTEL.route]: operation.route,
      [OTEL.path]: pathOf(operation, call.object),
      [OTEL.scheme]: 'https',
      [OTEL.status]: status,
      [OTEL.clientAddress]: call.address,
      [OTEL.peerAddress]: '127.0.0.1',
      [OTEL.userAgent]: call.userAgent,
    };
  };
}

function statusOf(call: PlannedCall): number {
  if (call.operation === 'pay') return 201;
  return OPERATIONS[call.operation].method === 'POST' ? 202 : 200;
}
