import { z } from 'zod';

/** `telemetry:` — how a stage that runs as a process of its own says how it is. */
export const telemetrySchema = z.strictObject({
  /** Who can ask; nothing secret is said, but names of services are. */
  host: z.string().default('127.0.0.1'),
  /** `/health`, `/ready` and `/metrics` (Prometheus) of the process; off unless it is set. */
  port: z.int().min(0).max(65535).optional(),
});

export type TelemetryConfig = z.infer<typeof telemetrySchema>;
