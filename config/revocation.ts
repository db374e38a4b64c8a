import { z } from 'zod';
import { duration } from './duration.ts';
import { SEVERITY_NAMES } from './severity-names.ts';

/** `alerting.revocation` — whether and how a token is revoked at its issuer. */
export const revocationPolicySchema = z.strictObject({
  /** `approve`: a person decides; `auto`: incidents that the policy below matches need no person. */
  mode: z.enum(['off', 'approve', 'auto']).default('off'),
  /** Receivers of type `revocation` or `caep`; all of them when none is named. */
  receivers: z.array(z.string()).default([]),
  /** What `auto` may do alone; anything else still needs a person. */
  auto: z
    .strictObject({
      min_severity: z.enum(SEVERITY_NAMES).default('critical'),
      /** Patterns (`*`); the incident must show at least one. */
      detections: z.array(z.string()).default([]),
      clients: z.array(z.string()).default([]),
      environments: z.array(z.string()).default([]),
      /** At least this many different detections on the incident. */
      min_detections: z.int().min(1).default(2),
    })
    .prefault({}),
  /** Never revoked, whoever asks: token hashes or patterns of client ids. */
  never: z
    .strictObject({
      tokens: z
        .array(z.string().regex(/^[0-9a-f]{64}$/, 'expected a token hash of 64 hex digits'))
        .default([]),
      clients: z.array(z.string()).default([]),
    })
    .prefault({}),
  /** At most this many revocations in any hour. */
  hourly_cap: z.int().min(1).default(10),
  /** Who approves must not be who requested. */
  second_person: z.boolean().default(false),
  /** Decide and record everything, send nothing. */
  dry_run: z.boolean().default(false),
  /** How long the issuer may take until a call that is still accepted is a failure. */
  grace: duration().default(60_000),
  /** How long the token is watched after the grace period before it counts as contained. */
  watch: duration().default(300_000),
});

export type RevocationPolicy = z.infer<typeof revocationPolicySchema>;
