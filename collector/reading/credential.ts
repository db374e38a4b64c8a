import { readJwt } from './jwt.ts';
import type { JwtClaims } from './jwt.ts';

export interface Credential {
  /** The token itself, without its scheme: to be hashed at once and dropped. */
  token: string;
  claims: JwtClaims | null;
}

/** Schemes whose second part is the credential (RFC 6750, 9449, and common custom ones). */
const TOKEN_SCHEMES = /^(?:bearer|dpop|token|apikey|api-key|key|basic|gnap)[ :]+(\S.*)$/i;
/** Schemes that prove a key anew with each request: nothing in them stands for a credential. */
const PROOF_SCHEMES = /^(?:digest|negotiate|ntlm|signature|hoba|scram-\S+|mutual|vapid)(?:\s|$)/i;
/** AWS Signature 4: the access key id is what stays the same. */
const AWS_KEY = /^AWS4-HMAC-SHA256\b.*?\bCredential=([A-Z0-9]{16,128})\//;

/**
 * The credential in a header's value, or null where there is none that stays the same from
 * request to request.
 */
export function readCredential(header: string): Credential | null {
  const value = header.trim();
  if (value === '' || PROOF_SCHEMES.test(value)) return null;
  // What a collector or SDK put in the place of a value that it did not want to send.
  if (/^(?:\*+|\[?redacted\]?|<redacted>|x{3,})$/i.test(value)) return null;
  const aws = AWS_KEY.exec(value)?.[1];
  const token = aws ?? (TOKEN_SCHEMES.exec(value)?.[1] ?? value).trim();
  if (token === '' || /^(?:\*+|\[?redacted\]?|<redacted>)$/i.test(token)) return null;
  return { token, claims: readJwt(token) };
}
