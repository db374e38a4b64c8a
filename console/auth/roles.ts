/** From least to most: a viewer reads, a responder decides on incidents, an admin runs the place. */
export const ROLES = ['viewer', 'responder', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Who an operation is for: a role and everything above it, or everybody without being known. */
export type Access = Role | 'everybody';

/** Who is asking, once the request has been looked at. */
export interface Caller {
  /** As an incident's history names them: `person:alice`, `key:ci`, `anonymous`. */
  actor: string;
  /** Null for callers about whom nothing is known. */
  role: Role | null;
  /** How they showed who they are; only sessions can be ridden by another site's page. */
  via: 'nothing' | 'key' | 'session';
}

/** True when a role is enough for an operation. */
export function allows(access: Access, role: Role | null): boolean {
  if (access === 'everybody') return true;
  return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(access);
}
