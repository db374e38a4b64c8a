import { z } from 'zod';
import { duration } from './duration.ts';

const DAY = 86_400_000;

/** A time to keep, ms, in whole days; `forever` is null. */
function kept(days: number | null) {
  return z
    .union([z.literal('forever').transform(() => null), duration()])
    .refine((ms) => ms === null || (ms >= DAY && ms % DAY === 0), 'expected whole days, or forever')
    .default(days === null ? null : days * DAY);
}

/**
 * `retention:` — how long rows are kept, by table. Incidents, their events and the audit chain have
 * no such time: they go by `tokenwatch erase`, or stay.
 */
export const retentionSchema = z.strictObject({
  /** Since they arrived, not since they happened: an imported history must not vanish at once. */
  calls: kept(400),
  token_minute: kept(100),
  client_minute: kept(100),
  activity_minute: kept(100),
  /** Which objects a token touched, and which clients an object was served to; since they were last touched. */
  token_objects: kept(180),
  object_clients: kept(180),
  /** Nonces and idempotency keys: what comes again later is not noticed. */
  nonce_uses: kept(7),
  token_certificates: kept(400),
  client_amounts: kept(400),
  /** By event time, as all below that have an hour or a day. */
  token_hour: kept(null),
  client_hour: kept(null),
  token_values: kept(null),
  endpoint_hour: kept(null),
  global_values: kept(null),
  findings: kept(null),
  deliveries: kept(null),
  surprises: kept(60),
  volume_profile: kept(60),
  hygiene: kept(400),
  stage_metrics: kept(30),
});

export type Retention = z.infer<typeof retentionSchema>;
