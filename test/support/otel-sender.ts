import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createTokenwatch } from '../../instrumentation/index.ts';
import { OTEL, TW } from '../../model/attributes.ts';

/** One request that a service served. */
export interface ServedCall {
  /** Epoch ms. */
  time: number;
  token: string;
  client: string;
  ip: string;
  route: string;
  scope: string;
  tokenEnvironment?: string;
  attributes?: Attributes;
}

/** A service with the real OpenTelemetry SDK and our instrumentation, which served what it is told. */
export interface OtelSender {
  serve(call: ServedCall): void;
  /** Settles when the collector has acknowledged everything. */
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Starts a service's telemetry against a collector. */
export function otelSender(options: {
  collectorUrl: string;
  service: string;
  environment: string;
  pepper: string;
}): OtelSender {
  const tokenwatch = createTokenwatch({ pepper: options.pepper });
  const exporter = new OTLPTraceExporter({ url: `${options.collectorUrl}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      [OTEL.serviceName]: options.service,
      [OTEL.environment]: options.environment,
    }),
    spanProcessors: [
      tokenwatch.spanProcessor(),
      new BatchSpanProcessor({ exporter, maxQueueSize: 50_000, scheduledDelayMillis: 100 }),
    ],
  });
  const tracer = provider.getTracer('test');
  return {
    serve: (call) => {
      const span = tracer.startSpan(`GET ${call.route}`, {
        kind: SpanKind.SERVER,
        startTime: call.time,
        attributes: {
          [OTEL.method]: 'GET',
          [OTEL.route]: call.route,
          [OTEL.status]: 200,
          [OTEL.clientAddress]: call.ip,
          [TW.authResult]: 'accepted',
          [TW.clientId]: call.client,
          [TW.scope]: call.scope,
          ...(call.tokenEnvironment === undefined
            ? {}
            : { [TW.tokenEnvironment]: call.tokenEnvironment }),
          ...tokenwatch.attributes(call.token, {}),
          ...call.attributes,
        },
      });
      span.end(call.time + 20);
    },
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}
