import type { AuthResult } from '../../model/call.ts';
import { parsePseudonym, parseTokenHash, pseudonym } from '../../model/hash.ts';
import type { Purpose } from '../../model/hash.ts';
import type { Locator } from '../locate/locator.ts';
import type { Location } from '../locate/locator.ts';
import { parseAddress } from '../locate/address.ts';
import { ByteCache } from './byte-cache.ts';
import { KeyedHash } from './keyed-hash.ts';
import { readCredential } from './credential.ts';
import type { JwtClaims } from './jwt.ts';
import { maskText } from './mask.ts';
import type { MaskKind, MaskedText, TextKind } from './mask.ts';
import { routeOfPath, routeOfTemplate } from './route.ts';
import { readStrings } from './values.ts';

const NOTHING: readonly MaskKind[] = [];

export interface Texts {
  texts: readonly string[];
  masked: readonly MaskKind[];
}

/** A token's claims as they may be kept: texts masked, the subject hashed. */
export interface KeptClaims extends Omit<JwtClaims, 'subject'> {
  subject: Uint8Array | null;
  masked: readonly MaskKind[];
}

export interface KeptCredential {
  /** Null where the header held nothing that stays the same from request to request. */
  hash: Uint8Array | null;
  claims: KeptClaims | null;
}

export interface KeptAddress extends Location {
  /** Null when the text was no address. */
  hash: Uint8Array | null;
}

export interface CacheOptions {
  pepper: string;
  locator: Locator;
  /** A random 32-bit number. */
  seed: number;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Longest text that is looked through; of a longer one the last word may be cut in half. */
const MAX_LOOKED_AT = 4096;

/** Without control characters: they would reach terminals and mails. */
function printable(text: string): string {
  const part = text.length > MAX_LOOKED_AT ? text.slice(0, MAX_LOOKED_AT) : text;
  const whole = part.length < text.length ? part.replace(/\S*$/, '') : part;
  return whole.replace(/\p{Cc}+/gu, ' ').trim();
}

/** Masks, and only then cuts: half a secret would no longer look like one. */
function cleaned(
  text: string,
  length: number,
  kind: TextKind,
  label?: (match: string) => string,
): MaskedText {
  const found = maskText(printable(text), kind, label);
  return found.text.length > length ? { ...found, text: found.text.slice(0, length) } : found;
}

function utf8(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** How texts are cleaned: clipped, and masked with the pepper where they must stay distinct. */
function makeCleaners(pepper: string) {
  const label = (match: string): string => pseudonym(pepper, 'subject', match).slice(0, 10);
  const clean = (text: string, length: number): MaskedText => cleaned(text, length, 'text');
  return {
    clean,
    cleanId: (text: string): MaskedText => cleaned(text, 128, 'id', label),
    /** As the services' own instrumentation writes a client whose identifier is personal. */
    cleanClient: (text: string): MaskedText => {
      const found = cleaned(text, 128, 'id');
      if (found.masked.length === 0) return found;
      const name = `client-${pseudonym(pepper, 'subject', text).slice(0, 16)}`;
      return { text: name, masked: found.masked };
    },
    cleanAll: (texts: readonly string[], length: number): Texts => {
      const all = texts.map((text) => clean(text, length));
      return {
        texts: all.map(({ text }) => text).filter((text) => text !== ''),
        masked: [...new Set(all.flatMap(({ masked }) => masked))],
      };
    },
  };
}

type Cleaners = ReturnType<typeof makeCleaners>;

/** Makes a cache of `entries` keys of about `keyBytes` each; more in all when keys are shorter. */
type MakeCache = <V>(entries: number, keyBytes: number, make: (text: string) => V) => ByteCache<V>;

function hexOr(hex: string | null, otherwise: () => Uint8Array): Uint8Array {
  return hex === null ? otherwise() : bytesOf(hex);
}

/** What is kept as a hash. */
function hashCaches({ pepper, locator }: CacheOptions, cleaners: Cleaners, cache: MakeCache) {
  const keyed = new KeyedHash(pepper);
  const hash = (entries: number, purpose: Purpose) =>
    cache(entries, 64, (value) =>
      value === '' ? null : hexOr(parsePseudonym(value), () => keyed.pseudonym(purpose, value)),
    );
  return {
    credential: cache(32_768, 256, (value) => keptCredential(keyed, cleaners, value)),
    /** Where a service put the token itself in place of its hash, it is hashed here. */
    tokenHash: cache(65_536, 64, (value) => ({
      hash: value === '' ? null : hexOr(parseTokenHash(value), () => keyed.token(value)),
      masked: value === '' || parseTokenHash(value) !== null ? NOTHING : (['token'] as const),
    })),
    address: cache(65_536, 24, (value): KeptAddress => {
      const address = parseAddress(value);
      if (address === null) return { hash: null, country: '', asn: 0, kind: 'unknown' };
      return { hash: keyed.pseudonym('ip', address.text), ...locator.locate(address) };
    }),
    subject: hash(32_768, 'subject'),
    object: hash(32_768, 'object'),
    nonce: hash(1024, 'nonce'),
    payload: hash(1024, 'payload'),
    cert: cache(4096, 96, (value) => {
      const hex = value.replace(/[:\s]/g, '');
      return /^[0-9a-f]{64}$/i.test(hex) ? bytesOf(hex) : null;
    }),
  };
}

/** RFC 9110 and 5789, QUERY, and WebDAV's (RFC 4918, 3253). */
const METHODS = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY PROPFIND PROPPATCH MKCOL COPY ' +
    'MOVE LOCK UNLOCK REPORT SEARCH'
  ).split(' '),
);

/** What is one of a few words: anything else is not kept at all. */
function wordCaches(cache: MakeCache) {
  const upper = (pattern: RegExp) => (value: string) =>
    pattern.test(value) ? value.toUpperCase() : '';
  return {
    method: cache(256, 32, (value) => {
      const method = value.toUpperCase();
      return METHODS.has(method) ? method : '_OTHER';
    }),
    currency: cache(256, 8, upper(/^[a-z]{3}$/i)),
    country: cache(512, 8, upper(/^[a-z]{2}$/i)),
    authResult: cache(64, 16, authResultOf),
    scheme: cache(64, 8, (value) => value.toLowerCase()),
    /** `1.3`, as OpenTelemetry writes it; also from `TLSv1.3`, `TLS 1.3`. */
    tls: cache(64, 16, (value) => /^(?:tls ?v?)?(\d(?:\.\d)?)$/i.exec(value.trim())?.[1] ?? ''),
  };
}

/** What is kept as text, masked. */
function textCaches({ clean, cleanAll, cleanId, cleanClient }: Cleaners, cache: MakeCache) {
  const text = (length: number) => cache(4096, 64, (value) => clean(value, length));
  return {
    id: cache(65_536, 40, cleanId),
    clientId: cache(4096, 64, cleanClient),
    service: text(128),
    environment: text(64),
    scope: text(128),
    objectType: text(64),
    userAgent: cache(16_384, 128, (value) => clean(value, 256)),
    route: cache(4096, 64, (value) => clean(routeOfTemplate(value), 200)),
    path: cache(32_768, 64, (value) => clean(routeOfPath(value), 200)),
    words: cache(4096, 64, (value) => cleanAll(value.split(/[\s,]+/), 128)),
  };
}

/**
 * Everything that turns an outside value into what is kept, each behind a bounded cache of its raw
 * bytes. Raw values live nowhere else, and leave these caches when newer ones come.
 */
export function makeCaches(options: CacheOptions) {
  const { seed } = options;
  const cleaners = makeCleaners(options.pepper);
  const cache: MakeCache = (entries, keyBytes, make) =>
    new ByteCache({
      entries,
      arenaBytes: entries * keyBytes,
      seed,
      make: (bytes, start, end) => make(utf8(bytes, start, end)),
    });
  return {
    ...hashCaches(options, cleaners, cache),
    ...wordCaches(cache),
    ...textCaches(cleaners, cache),
    /** Keyed by the bytes of an ArrayValue. */
    list: new ByteCache<Texts>({
      entries: 4096,
      arenaBytes: 4096 * 128,
      seed,
      make: (bytes, start, end) => cleaners.cleanAll(readStrings(bytes, start, end), 128),
    }),
  };
}

export type Caches = ReturnType<typeof makeCaches>;

function authResultOf(value: string): AuthResult {
  const word = value.toLowerCase();
  return word === 'accepted' || word === 'rejected' || word === 'none' ? word : 'unknown';
}

/** Hashes a credential and keeps of its claims what the allow-list names. */
function keptCredential(keyed: KeyedHash, cleaners: Cleaners, header: string): KeptCredential {
  const found = readCredential(header);
  if (found === null) return { hash: null, claims: null };
  const hash = keyed.token(found.token);
  if (found.claims === null) return { hash, claims: null };
  const { subject, ...claims } = found.claims;
  const id = cleaners.cleanId(claims.id);
  const clientId = cleaners.cleanClient(claims.clientId);
  const environment = cleaners.clean(claims.environment, 64);
  const scopes = cleaners.cleanAll(claims.scopes.slice(0, 128), 128);
  const authMethods = cleaners.cleanAll(claims.authMethods.slice(0, 16), 32);
  const kept: KeptClaims = {
    ...claims,
    id: id.text,
    clientId: clientId.text,
    environment: environment.text,
    scopes: [...scopes.texts],
    authMethods: [...authMethods.texts],
    subject: subject === '' ? null : keyed.pseudonym('subject', subject),
    masked: [id, clientId, environment, scopes, authMethods].flatMap(({ masked }) => masked),
  };
  return { hash, claims: kept };
}
