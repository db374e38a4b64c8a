import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Environment } from './operations.ts';
import { digest } from './random.ts';

/** What a token stands for. Times in Unix seconds. */
export interface Grant {
  id: string;
  clientId: string;
  subject: string;
  environment: Environment;
  scopes: readonly string[];
  issuedAt: number;
  expiresAt: number;
  kind: 'jwt' | 'opaque';
}

/** Why a token was not taken. */
export type Refusal = 'malformed' | 'unknown' | 'expired';
export type Verdict = { ok: true; grant: Grant } | { ok: false; why: Refusal };

/** Digits of the first token's id; a renewed token's id has its time of issue added. */
const FIRST_ID_LENGTH = 12;
const ISSUER = 'https://id.example-bank.test';

/**
 * The bank's token issuer: signs JWTs, hands out opaque tokens, and checks both. One key and one
 * list of grants make the same tokens again after a restart.
 */
export class Issuer {
  readonly #key: string;
  readonly #grants: ReadonlyMap<string, Grant>;

  constructor(key: string, grants: readonly Grant[]) {
    this.#key = key;
    this.#grants = new Map(grants.map((grant) => [grant.id, grant]));
  }

  /** The raw token of a grant. */
  async mint(grant: Grant): Promise<string> {
    if (grant.kind === 'opaque') return this.#opaque(grant);
    return new SignJWT({
      client_id: grant.clientId,
      scope: grant.scopes.join(' '),
      env: grant.environment,
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer(ISSUER)
      .setSubject(grant.subject)
      .setJti(grant.id)
      .setIssuedAt(grant.issuedAt)
      .setExpirationTime(grant.expiresAt)
      .sign(this.#secret());
  }

  /** Checks a token's signature and time, as a service does. */
  async check(token: string, now: number): Promise<Verdict> {
    const id = token.startsWith('eyJ') ? await this.#jwtId(token, now) : this.#opaqueId(token);
    if (typeof id !== 'string') return { ok: false, why: id.why };
    const grant = this.#grantOf(id);
    if (grant === undefined) return { ok: false, why: 'unknown' };
    if (grant.expiresAt * 1000 <= now) return { ok: false, why: 'expired' };
    return { ok: true, grant };
  }

  #grantOf(id: string): Grant | undefined {
    const first = this.#grants.get(id.slice(0, FIRST_ID_LENGTH));
    if (first === undefined || id.length === FIRST_ID_LENGTH) return first;
    return renewedGrant(first, parseInt(id.slice(FIRST_ID_LENGTH), 16));
  }

  #secret() {
    return createSecretKey(this.#key, 'utf8');
  }

  #opaque(grant: Grant): string {
    const prefix = grant.environment === 'production' ? 'bk_live' : 'bk_test';
    return `${prefix}_${grant.id}_${this.#mac(grant.id)}`;
  }

  #mac(id: string): string {
    return createHmac('sha256', this.#key).update(id).digest('base64url').slice(0, 32);
  }

  #opaqueId(token: string): string | { why: Refusal } {
    const parts = /^bk_(?:live|test)_([0-9a-f]+)_([\w-]{32})$/.exec(token);
    const [, id, mac] = parts ?? [];
    if (id === undefined || mac === undefined) return { why: 'malformed' };
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(id))) ? id : { why: 'unknown' };
  }

  async #jwtId(token: string, now: number): Promise<string | { why: Refusal }> {
    try {
      const options = { issuer: ISSUER, currentDate: new Date(now) };
      const { payload } = await jwtVerify(token, this.#secret(), options);
      return payload.jti ?? { why: 'malformed' };
    } catch (error) {
      return { why: error instanceof errors.JWTExpired ? 'expired' : 'malformed' };
    }
  }
}

/** A grant's public identifier, the same for the same seed. */
export function grantId(seed: number, clientId: string, index: number): string {
  return digest(FIRST_ID_LENGTH, seed, 'grant', clientId, index);
}

/**
 * The grant of the token that takes the place of a client's first one (or of an earlier renewal).
 * Its id says when it was issued, so that whoever knows the first grant knows this one.
 *
 * @param issuedAt Unix seconds
 */
export function renewedGrant(first: Grant, issuedAt: number): Grant {
  return {
    ...first,
    id: first.id + issuedAt.toString(16),
    issuedAt,
    expiresAt: issuedAt + (first.expiresAt - first.issuedAt),
  };
}
