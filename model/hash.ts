import { createHmac } from 'node:crypto';
import type { KeyedHmac } from './keyed-hmac.ts';

declare const tokenHashBrand: unique symbol;
declare const pseudonymBrand: unique symbol;

/**
 * Lower-case hex (64 characters) of HMAC-SHA256(pepper, raw token). Only {@link hashToken} makes
 * one and only {@link parseTokenHash} admits one from outside.
 */
export type TokenHash = string & { readonly [tokenHashBrand]: true };

/** Lower-case hex (32 characters, 128 bits) that stands for an address, subject, object or nonce. */
export type Pseudonym = string & { readonly [pseudonymBrand]: true };

/** The installation's secret key, or what hashes with it, which costs less with every hash. */
export type Pepper = string | Buffer | KeyedHmac;

function hmac(pepper: Pepper, text: string): string {
  if (typeof pepper === 'function') return pepper(text);
  return createHmac('sha256', pepper).update(text, 'utf8').digest('hex');
}

/** What a pseudonym stands for; equal values of different purposes have unrelated pseudonyms. */
export type Purpose = 'ip' | 'subject' | 'object' | 'nonce' | 'payload';

/**
 * The keyed hash under which a token is known everywhere.
 *
 * @param pepper the installation's secret key, at least 16 bytes
 * @param rawToken the credential as presented, without its scheme (`Bearer ` and the like)
 */
export function hashToken(pepper: Pepper, rawToken: string): TokenHash {
  return hmac(pepper, rawToken) as TokenHash;
}

/**
 * A keyed pseudonym: HMAC-SHA256(pepper, purpose NUL value), its first 128 bits. The purpose keeps
 * one table's pseudonyms from being joined with another's.
 */
export function pseudonym(pepper: Pepper, purpose: Purpose, value: string): Pseudonym {
  return hmac(pepper, `${purpose}\0${value}`).slice(0, 32) as Pseudonym;
}

/** A token hash from outside, or null when it is not 64 hex digits; upper case is accepted. */
export function parseTokenHash(text: string): TokenHash | null {
  return /^[0-9a-fA-F]{64}$/.test(text) ? (text.toLowerCase() as TokenHash) : null;
}

/**
 * A pseudonym from outside (hex of at least 32 digits, of which the first 32 count), or null.
 * Services may send the whole HMAC; we keep 128 bits of it.
 */
export function parsePseudonym(text: string): Pseudonym | null {
  return /^[0-9a-fA-F]{32,128}$/.test(text) ? (text.slice(0, 32).toLowerCase() as Pseudonym) : null;
}
