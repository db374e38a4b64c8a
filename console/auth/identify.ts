import type { FastifyRequest } from 'fastify';
import type { Secret } from '../../config/secret.ts';
import type { Keys } from './keys.ts';
import type { Caller } from './roles.ts';
import { sameSecret } from './secrets.ts';
import type { Sessions } from './sessions.ts';

export const SESSION_COOKIE = 'tokenwatch_session';

export interface IdentifyOptions {
  adminKey: Secret | undefined;
  keys: Keys;
  sessions: Sessions;
  /** What a visitor may do about whom nothing is known. */
  anonymous: 'nothing' | 'viewer';
  now: () => number;
}

/** Finds out who is asking; a wrong key is worth no more than none, and nothing falls back from it. */
export type Identify = (request: FastifyRequest) => Promise<Caller>;

const NOBODY: Caller = { actor: 'anonymous', role: null, via: 'nothing' };

function bearerOf(request: FastifyRequest): string | null {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  return /^Bearer +(.{1,512}?) *$/i.exec(header)?.[1] ?? '';
}

/** By API key first, then by session, then what visitors may. */
export function createIdentify(options: IdentifyOptions): Identify {
  const visitor: Caller = options.anonymous === 'viewer' ? { ...NOBODY, role: 'viewer' } : NOBODY;
  return async (request) => {
    const bearer = bearerOf(request);
    if (bearer !== null) {
      const admin = options.adminKey?.reveal();
      if (admin !== undefined && sameSecret(bearer, admin)) {
        return { actor: 'key:admin', role: 'admin', via: 'key' };
      }
      const holder = await options.keys.find(bearer, options.now());
      if (holder === null) return NOBODY;
      return { actor: `key:${holder.name}`, role: holder.role, via: 'key' };
    }
    const id = request.cookies[SESSION_COOKIE];
    const session = id === undefined ? null : await options.sessions.find(id, options.now());
    if (session === null) return visitor;
    return { actor: `person:${session.person}`, role: session.role, via: 'session' };
  };
}
