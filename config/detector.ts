import { z } from 'zod';
import { policySchema } from './policy.ts';
import { secret } from './secret.ts';
import { shardSchema } from './shard.ts';

/** What one look of all rules may take; a rule that takes more rests for a while. */
const rulesLimitsSchema = z.strictObject({
  seconds: z.number().min(0.05).max(300).default(10),
  megabytes: z.int().min(50).max(8_000).default(1_000),
  /** Rows read. */
  rows: z.int().min(1).max(20_000_000_000).default(500_000_000),
});

/** `detector:` — how often and how strictly calls are judged. */
export const detectorSchema = z.strictObject({
  /** Seconds between two ticks. */
  tick_seconds: z.number().min(0.1).max(60).default(1),
  /** The part of the tokens that this detector judges, where several share them: `2/4`. */
  shard: shardSchema,
  /** Alarm level: at most this many incidents a day for each 10,000 tokens. */
  budget_per_day: z.number().min(0.1).max(10_000).default(10),
  policy: policySchema.prefault({}),
  /** OpenAPI files (2.0, 3.0, 3.1; YAML or JSON), each of one service; relative to the configuration's own. */
  openapi: z
    .array(
      z.strictObject({
        service: z.string().min(1),
        file: z.string().min(1),
        /** What the service's own routes begin with, where a gateway adds or takes off a part. */
        base_path: z
          .string()
          .regex(/^(?:\/.*)?$/, 'expected a path that begins with /, or nothing')
          .optional(),
      }),
    )
    .max(200)
    .default([]),
  /** Files of rules, or folders with them; relative to the configuration's own (docs/rules.md). */
  rules: z.array(z.string().min(1)).max(100).default([]),
  rules_limits: rulesLimitsSchema.prefault({}),
  /** The user that rules run as on a ClickHouse of one's own; the embedded one has its own. */
  rules_username: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/i, 'expected a plain name')
    .optional(),
  rules_password: secret().optional(),
});

export type DetectorConfig = z.output<typeof detectorSchema>;
