import { ROLES } from './roles.ts';
import type { Role } from './roles.ts';

/** What a provider says of somebody. */
export type Claims = Record<string, unknown>;

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A claim by its name, else by its path (`realm_access.roles`); names may hold dots themselves. */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (!isClaims(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** The texts of a claim that is one text or a list of them; anything else has none. */
export function textsOf(claim: unknown): string[] {
  const list: unknown[] = Array.isArray(claim) ? claim : [claim];
  return list.filter((one) => typeof one === 'string');
}

/** The largest role that a claim's values are mapped to, or null when none of them is. */
export function roleOf(claim: unknown, map: Readonly<Record<string, Role>>): Role | null {
  const held = textsOf(claim).map((value) => (Object.hasOwn(map, value) ? map[value] : undefined));
  return ROLES.findLast((role) => held.includes(role)) ?? null;
}

/** Longest name that is kept, characters. */
const LONGEST = 200;

/**
 * What histories call somebody, or null when the provider names them in no usable way. An address
 * that the provider did not verify could be anybody's.
 */
export function personOf(claims: Claims, name: string): string | null {
  const claim = claimOf(claims, name);
  if (typeof claim !== 'string' || claim.trim() === '' || claim.length > LONGEST) return null;
  if (name === 'email' && claims['email_verified'] === false) return null;
  // `person:admin` is who signs in by the printed link.
  return claim.toLowerCase() === 'admin' ? `${claim} (single sign-on)` : claim;
}
