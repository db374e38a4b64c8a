import { z } from 'zod';
import { duration } from './duration.ts';

/** Patterns of names, in which `*` stands for anything. */
const patterns = (standard: readonly string[]) =>
  z
    .array(z.string().min(1).max(200))
    .max(200)
    .default([...standard]);

/** `detector.policy:` — what this company allows. Durations; 0 turns a limit off. */
export const policySchema = z.strictObject({
  /** The longest time from a token's issue to its expiry. */
  max_lifetime: duration().default(365 * 86_400_000),
  /** After so long a token is to be replaced, whenever it expires. */
  rotate_within: duration().default(180 * 86_400_000),
  /** How long the old token may be used beside the new one after a rotation. */
  overlap: duration().default(3 * 86_400_000),
  /** A token unused for so long is dormant. */
  dormant_after: duration().default(30 * 86_400_000),
  /** How long before a token's expiry its owner is told. */
  expiry_notice: duration().default(48 * 3_600_000),
  /** The lowest version of TLS. */
  min_tls: z.enum(['1.0', '1.1', '1.2', '1.3']).default('1.2'),
  /** Whether calls from public addresses without TLS are reported. */
  require_tls: z.boolean().default(true),
  /** Scopes for which people need a second factor. */
  sensitive_scopes: patterns(['admin*', '*:admin', '*:approve', 'payments:write', 'transfers:*']),
  /** Routes that must never answer without a token; added to what words and neighbours say. */
  sensitive_routes: patterns([]),
  /** Routes that anybody may call. */
  public_routes: patterns([
    ...['*/health*', '*/ready*', '*/live*', '*/ping', '*/metrics', '*/version', '*/status'],
    ...['*/login*', '*/logout*', '*/oauth*', '*/token', '*/authorize*', '*/register*', '*/signup*'],
    ...['*/docs*', '*/openapi*', '*/swagger*', '*/.well-known/*', '*/jwks*', '*/public/*'],
    ...['*/callback*', '*/webhook*', '*/password*', '*/favicon*', '/', '*/robots.txt'],
  ]),
});

export type Policy = z.output<typeof policySchema>;
