// What a service team adds: `node --import ./telemetry.ts service.ts`. The exporter's address, the
// service's name and its environment come from OpenTelemetry's own variables.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { createTokenwatch } from '../../instrumentation/index.ts';

export const tokenwatch = createTokenwatch({ pepper: process.env['TOKENWATCH_PEPPER'] });

export const sdk = new NodeSDK({
  instrumentations: [new HttpInstrumentation()],
  spanProcessors: [
    tokenwatch.spanProcessor(),
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 500 }),
  ],
});
sdk.start();
