import { z } from 'zod';
import { policySchema } from './policy.ts';

/** `detector:` — how often and how strictly calls are judged. */
export const detectorSchema = z.strictObject({
  /** Seconds between two ticks. */
  tick_seconds: z.number().min(0.1).max(60).default(1),
  /** Alarm level: at most this many incidents a day for each 10,000 tokens. */
  budget_per_day: z.number().min(0.1).max(10_000).default(10),
  policy: policySchema.prefault({}),
});

export type DetectorConfig = z.output<typeof detectorSchema>;
