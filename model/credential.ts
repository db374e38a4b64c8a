/** A credential as a request presented it: to be hashed at once and dropped. */
export interface Credential {
  /** Without its scheme. */
  raw: string;
  /** The user part of HTTP Basic (RFC 7617), which names the client; else empty. */
  basicUser: string;
}

/** Schemes whose second part is the credential (RFC 6750, 9449, and common custom ones). */
const TOKEN_SCHEME = /^(bearer|basic|dpop|token|apikey|api-key|key|gnap)[ :]+(?=\S)/i;
/** Schemes that prove a key anew with each request: nothing in them stands for a credential. */
const PROOF_SCHEME = /^(?:digest|negotiate|ntlm|signature|hoba|scram-\S+|mutual|vapid)(?:\s|$)/i;
/** AWS Signature 4: the access key's id is what stays the same. */
const AWS_KEY = /^AWS4-HMAC-SHA256\b.*?\bCredential=([A-Z0-9]{16,128})\//;
/** What an SDK or a collector put in the place of a value that it did not want to send. */
const REDACTED = /^(?:\*+|\[?redacted\]?|<redacted>|x{3,})$/i;

/**
 * The credential in a header's value: `Bearer x`, `Basic x` or, without a scheme, `x`; null where
 * nothing stays the same from request to request. Services and collector both read headers with
 * this function: else one token would have two histories.
 */
export function parseCredential(header: string): Credential | null {
  const value = header.trim();
  if (PROOF_SCHEME.test(value)) return null;
  const aws = AWS_KEY.exec(value)?.[1];
  if (aws !== undefined) return { raw: aws, basicUser: '' };
  const scheme = TOKEN_SCHEME.exec(value);
  const raw = (scheme === null ? value : value.slice(scheme[0].length)).trim();
  if (raw === '' || REDACTED.test(raw)) return null;
  const basic = scheme?.[1]?.toLowerCase() === 'basic';
  return { raw, basicUser: basic ? userOf(raw) : '' };
}

function userOf(basic: string): string {
  const pair = Buffer.from(basic, 'base64').toString('utf8');
  const end = pair.indexOf(':');
  return end > 0 ? pair.slice(0, end) : '';
}
