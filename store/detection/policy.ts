import type { Policy } from '../../config/policy.ts';
import type { Params } from '../db.ts';

/** Patterns with `*` as one anchored regular expression (RE2); one that matches nothing if empty. */
export function regexOf(patterns: readonly string[]): string {
  const escaped = patterns.map((pattern) =>
    pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'),
  );
  return escaped.length === 0 ? '^$a' : `^(?:${escaped.join('|')})$`;
}

/** What conditions say of the policy, as parameters. */
export function policyParams(policy: Policy): Params {
  return {
    minTls: policy.min_tls,
    requireTls: policy.require_tls,
    sensitiveScopes: regexOf(policy.sensitive_scopes),
    sensitiveRoutes: regexOf(policy.sensitive_routes),
    publicRoutes: regexOf(policy.public_routes),
  };
}
