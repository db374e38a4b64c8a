import { z } from 'zod';
import { alertingSchema } from './alerting.ts';
import { clusterSchema } from './cluster.ts';
import { collectorSchema } from './collector.ts';
import { consoleSchema } from './console.ts';
import { detectorSchema } from './detector.ts';
import { retentionSchema } from './retention.ts';
import { secret } from './secret.ts';
import { telemetrySchema } from './telemetry.ts';

/** `clickhouse:` — a server of one's own, or the embedded one when `url` is unset. */
const clickhouseSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).optional(),
  database: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/i, 'expected a plain name')
    .default('tokenwatch'),
  username: z.string().default('default'),
  password: secret().optional(),
  /** Port of the embedded server on the loopback address; 0 takes a free one. */
  port: z.int().min(0).max(65535).default(8123),
});

const logSchema = z.strictObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

const pepperId = (standard: string) =>
  z
    .string()
    .regex(/^[\w.-]{1,32}$/, 'expected 1 to 32 letters, digits, dots or dashes')
    .default(standard);

/** The whole of `tokenwatch.yaml`; unknown keys are errors. */
export const configSchema = z
  .strictObject({
    data_dir: z.string().min(1).default('./data'),
    /** The key of all hashes; made in the data directory (mode 0600) when unset. */
    pepper: secret().optional(),
    /** A name for the pepper: another one with each new pepper. */
    pepper_id: pepperId('p1'),
    /** The pepper before this one, while services change over; see docs/collector.md. */
    previous_pepper: secret().optional(),
    previous_pepper_id: pepperId('p0'),
    /** An API key with the admin role. */
    admin_key: secret().optional(),
    log: logSchema.prefault({}),
    clickhouse: clickhouseSchema.prefault({}),
    /** Several ClickHouse servers as one store; a single one when unset. */
    cluster: clusterSchema.optional(),
    retention: retentionSchema.prefault({}),
    collector: collectorSchema.prefault({}),
    detector: detectorSchema.prefault({}),
    alerting: alertingSchema.prefault({}),
    console: consoleSchema.prefault({}),
    telemetry: telemetrySchema.prefault({}),
  })
  .refine(
    ({ previous_pepper, pepper_id, previous_pepper_id }) =>
      previous_pepper === undefined || pepper_id !== previous_pepper_id,
    {
      path: ['previous_pepper_id'],
      message: 'expected a name other than pepper_id',
    },
  );

export type Config = z.infer<typeof configSchema>;
