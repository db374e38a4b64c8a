import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Settings } from './options.ts';

/** A credential as a request presented it. It stays inside the process. */
export interface Credential {
  /** Without its scheme. */
  raw: string;
  /** The user part of HTTP Basic, which names the client; else empty. */
  basicUser: string;
}

/** Schemes whose second part is the credential (RFC 6750, 9449, and common custom ones). */
const TOKEN_SCHEME = /^(bearer|basic|dpop|token|apikey|api-key|key|gnap)[ :]+(?=\S)/i;
/** Schemes that prove a key anew with each request: nothing in them stands for a credential. */
const PROOF_SCHEME = /^(?:digest|negotiate|ntlm|signature|hoba|scram-\S+|mutual|vapid)(?:\s|$)/i;
/** AWS Signature 4: the access key's id is what stays the same. */
const AWS_KEY = /^AWS4-HMAC-SHA256\b.*?\bCredential=([A-Z0-9]{16,128})\//;

/** The credential of a request: header, then query parameter, then the service's own finder. */
export function credentialOf(settings: Settings, request: IncomingMessage): Credential | null {
  const header = fromHeaders(settings.credentialHeaders, request.headers);
  if (header !== null) return header;
  const parameter = fromQuery(settings.credentialParameter, request.url ?? '');
  const raw = parameter ?? settings.credential?.(request);
  return raw === undefined || raw === '' ? null : { raw, basicUser: '' };
}

/**
 * The credential in a header's value: `Bearer x`, `Basic x` or, without a scheme, `x`; null where
 * nothing stays the same from request to request. The collector reads headers in the same way.
 */
export function parseCredential(value: string): Credential | null {
  if (PROOF_SCHEME.test(value)) return null;
  const aws = AWS_KEY.exec(value)?.[1];
  if (aws !== undefined) return { raw: aws, basicUser: '' };
  const scheme = TOKEN_SCHEME.exec(value);
  const raw = (scheme === null ? value : value.slice(scheme[0].length)).trim();
  if (raw === '') return null;
  const basic = scheme?.[1]?.toLowerCase() === 'basic';
  return { raw, basicUser: basic ? userOf(raw) : '' };
}

function fromHeaders(names: readonly string[], headers: IncomingHttpHeaders): Credential | null {
  for (const name of names) {
    const value = headers[name];
    const first = Array.isArray(value) ? value[0] : value;
    const found = first === undefined ? null : parseCredential(first);
    if (found !== null) return found;
  }
  return null;
}

function fromQuery(parameter: string | null, url: string): string | undefined {
  if (parameter === null || !url.includes(`${parameter}=`)) return undefined;
  const query = url.slice(url.indexOf('?') + 1);
  return new URLSearchParams(query).get(parameter) ?? undefined;
}

function userOf(basic: string): string {
  const pair = Buffer.from(basic, 'base64').toString('utf8');
  const end = pair.indexOf(':');
  return end > 0 ? pair.slice(0, end) : '';
}
