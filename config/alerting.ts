import { z } from 'zod';

/** `alerting:` — who is told, and what may be done. */
export const alertingSchema = z.strictObject({
  /** Seconds between two looks for new findings. */
  poll_seconds: z.number().min(0.05).max(60).default(0.5),
});
