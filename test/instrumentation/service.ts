import { context, propagation, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http';
import type { FastifyInstance } from 'fastify';
import { createTokenwatch } from '../../instrumentation/index.ts';
import type { Tokenwatch, TokenwatchOptions } from '../../instrumentation/index.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver } from './otlp-receiver.ts';

export const PEPPER = 'a-pepper-of-the-test-installation';

/** An HTTP SDK that captures secret headers, as careless services do. */
export const CARELESS: HttpInstrumentationConfig = {
  // The receiver runs in the same process here; watching it would report its own reports.
  ignoreIncomingRequestHook: (request) => request.url === '/v1/traces',
  headersToSpanAttributes: {
    server: {
      requestHeaders: ['authorization', 'x-api-key', 'cookie', 'x-note'],
      responseHeaders: ['set-cookie'],
    },
  },
};

/** The telemetry file of a service, as docs/instrument.md shows it, with a faster batch. */
export function startTelemetry(
  url: string,
  options: Partial<TokenwatchOptions> & { http?: HttpInstrumentationConfig | null } = {},
): { sdk: NodeSDK; tokenwatch: Tokenwatch } {
  const { http, ...rest } = options;
  // One process, several SDKs one after another: the API keeps the first unless told to forget.
  for (const api of [trace, context, propagation]) api.disable();
  const tokenwatch = createTokenwatch({ pepper: PEPPER, ...rest });
  process.env['OTEL_METRICS_EXPORTER'] = 'none';
  process.env['OTEL_LOGS_EXPORTER'] = 'none';
  const sdk = new NodeSDK({
    serviceName: 'accounts',
    instrumentations: http === null ? [] : [new HttpInstrumentation(http ?? CARELESS)],
    spanProcessors: [
      tokenwatch.spanProcessor(),
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }),
        scheduledDelayMillis: 50,
      }),
    ],
  });
  sdk.start();
  return { sdk, tokenwatch };
}

/** A JWT with an empty signature: what it claims is all that matters here. */
export function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'at+jwt' })}.${part(claims)}.c2lnbmF0dXJlc2lnbmF0dXJl`;
}

export interface FastifyService {
  base: string;
  receiver: OtlpReceiver;
  stop: () => Promise<void>;
}

/**
 * A real Fastify service that reports to a real receiver. Once a test file: the HTTP instrumentation
 * patches a process for good, and Fastify is loaded behind it, as `--import telemetry` does.
 */
export async function startFastifyService(
  options: Partial<TokenwatchOptions>,
  build: (app: FastifyInstance, tokenwatch: Tokenwatch) => Promise<void>,
): Promise<FastifyService> {
  const receiver = await startOtlpReceiver();
  const { sdk, tokenwatch } = startTelemetry(receiver.url, options);
  const { fastify } = await import('fastify');
  const app = fastify({ trustProxy: 'loopback' });
  await build(app, tokenwatch);
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    base,
    receiver,
    stop: async () => {
      await app.close();
      await sdk.shutdown();
      await receiver.stop();
    },
  };
}
