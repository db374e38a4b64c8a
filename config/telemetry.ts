import { z } from 'zod';
import { secret } from './secret.ts';

/** `telemetry:` — how tokenwatch says how it is itself. */
export const telemetrySchema = z.strictObject({
  /** Who can ask; nothing secret is said, but names of services are. */
  host: z.string().default('127.0.0.1'),
  /** `/health`, `/ready` and `/metrics` (Prometheus) of the process; off unless it is set. */
  port: z.int().min(0).max(65535).optional(),
  /** Where traces and metrics of tokenwatch itself go by OTLP/HTTP (`…:4318`); off unless it is set. */
  otlp_endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Sent as `Authorization: Bearer`. */
  otlp_key: secret().optional(),
  /** The share of export requests and requests to the console that get a span; all else gets one. */
  otlp_ratio: z.number().min(0).max(1).default(0.01),
  /** Seconds between two reports of metrics. */
  otlp_every_seconds: z.int().min(1).max(3600).default(30),
});

export type TelemetryConfig = z.infer<typeof telemetrySchema>;
