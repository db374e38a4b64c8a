import type { AuthResult } from '../../model/call.ts';
import { parseCredential } from '../../model/credential.ts';
import { normalEnvironment, readJwtClaims } from '../../model/jwt-claims.ts';
import { statedSeconds } from '../../model/stated-time.ts';
import { parsePseudonym, parseTokenHash, pseudonym } from '../../model/hash.ts';
import type { Purpose } from '../../model/hash.ts';
import { keyText } from '../../store/calls/dictionary-columns.ts';
import type { KeyText } from '../../store/calls/dictionary-columns.ts';
import type { Locator } from '../locate/locator.ts';
import type { Location } from '../locate/locator.ts';
import { parseAddress } from '../locate/address.ts';
import { AllowedAddresses, NOBODY } from '../locate/allowed-addresses.ts';
import type { AllowList } from '../locate/allowed-addresses.ts';
import { utf8 } from '../otlp/words.ts';
import { ByteCache } from './byte-cache.ts';
import { KeyedHash } from './keyed-hash.ts';
import { maskText } from './mask.ts';
import type { MaskKind, MaskedText, TextKind } from './mask.ts';
import { isTemplate, routeOfPath, routeOfTemplate } from './route.ts';
import { readStrings } from './values.ts';

const NOTHING: readonly MaskKind[] = [];

/** A text as it may be kept. */
export interface CleanText extends KeyText, MaskedText {
  readonly text: string;
  /** It was not UTF-8 all through. */
  isBroken: boolean;
  /** It was longer than what is looked through: nothing is kept of what stands behind that. */
  isLong: boolean;
}

export interface RouteText extends CleanText {
  isTemplate: boolean;
  /** The room that it was let into last: `RouteRoom.number`. */
  room: number;
}

export interface Texts {
  texts: readonly KeyText[];
  masked: readonly MaskKind[];
  isBroken: boolean;
  isLong: boolean;
}

/** What a token says of itself, as it may be kept: texts masked, the subject hashed. */
export interface KeptClaims {
  id: string;
  clientId: string;
  environment: string;
  /** Unix seconds; 0 when absent. */
  issuedAt: number;
  expiresAt: number;
  scopes: readonly string[];
  authMethods: readonly string[];
  subject: Uint8Array | null;
  /** SHA-256 of the certificate that the token is bound to (RFC 8705). */
  certificate: Uint8Array | null;
  masked: readonly MaskKind[];
}

export interface KeptToken {
  /** Null where there was nothing that stays the same from request to request. */
  hash: Uint8Array | null;
  /** The same token's hash under the previous pepper, while peppers rotate. */
  previous: Uint8Array | null;
}

export interface KeptCredential extends KeptToken {
  claims: KeptClaims | null;
}

export interface KeptAddress extends Location {
  /** Null when the text was no address. */
  hash: Uint8Array | null;
  /** Clients whose allow-lists hold it. */
  allowedFor: ReadonlySet<string>;
}

/** Nothing is known of where a call came from. */
export const NO_ADDRESS: KeptAddress = {
  ...{ hash: null, country: '', asn: 0, kind: 'unknown', allowedFor: NOBODY },
};

export interface CacheOptions {
  pepper: string;
  /** The pepper before it, while they rotate. */
  previousPepper?: string | undefined;
  locator: Locator;
  /** From where clients may call. */
  allowLists?: readonly AllowList[];
  /** A random 32-bit number. */
  seed: number;
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
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
): CleanText {
  const { text: found, masked } = maskText(printable(text), kind, label);
  const kept = found.length > length ? found.slice(0, length) : found;
  const isLong = text.length > MAX_LOOKED_AT;
  return { ...keyText(kept), masked, isBroken: text.includes('\uFFFD'), isLong };
}

/** How texts are cleaned: clipped, and masked with the pepper where they must stay distinct. */
function makeCleaners(pepper: string) {
  const label = (match: string): string => pseudonym(pepper, 'subject', match).slice(0, 10);
  const clean = (text: string, length: number): CleanText => cleaned(text, length, 'text');
  return {
    clean,
    cleanId: (text: string): CleanText => cleaned(text, 128, 'id', label),
    /** As the services' own instrumentation writes a client whose identifier is personal. */
    cleanClient: (text: string): CleanText => {
      const found = cleaned(text, 128, 'id');
      if (found.masked.length === 0) return found;
      const name = `client-${pseudonym(pepper, 'subject', text).slice(0, 16)}`;
      return { ...found, text: name };
    },
    cleanAll: (texts: readonly string[], length: number): Texts => {
      const all = texts.map((text) => clean(text, length));
      return {
        texts: all.filter(({ text }) => text !== ''),
        masked: [...new Set(all.flatMap(({ masked }) => masked))],
        isBroken: all.some(({ isBroken }) => isBroken),
        isLong: all.some(({ isLong }) => isLong),
      };
    },
  };
}

/** Hashes a raw token under the current pepper, and the previous one while there is one. */
type HashToken = (raw: string) => { hash: Uint8Array; previous: Uint8Array | null };

type Cleaners = ReturnType<typeof makeCleaners>;

/** Makes a cache of `entries` keys of about `keyBytes` each; more in all when keys are shorter. */
type MakeCache = <V>(entries: number, keyBytes: number, make: (text: string) => V) => ByteCache<V>;

function hexOr(hex: string | null, otherwise: () => Uint8Array): Uint8Array {
  return hex === null ? otherwise() : bytesOf(hex);
}

/** What is kept as a hash. */
function hashCaches(
  options: CacheOptions & { allowed: AllowedAddresses | null },
  cleaners: Cleaners,
  cache: MakeCache,
) {
  const { pepper, previousPepper, locator, allowed } = options;
  const keyed = new KeyedHash(pepper);
  const before = previousPepper === undefined ? null : new KeyedHash(previousPepper);
  const token: HashToken = (raw) => ({
    hash: keyed.token(raw),
    previous: before?.token(raw) ?? null,
  });
  const hash = (entries: number, purpose: Purpose) =>
    cache(entries, 64, (value) =>
      value === '' ? null : hexOr(parsePseudonym(value), () => keyed.pseudonym(purpose, value)),
    );
  return {
    credential: cache(32_768, 256, (value) => keptCredential(token, keyed, cleaners, value)),
    /** Where a service put the token itself in place of its hash, it is hashed here. */
    tokenHash: cache(65_536, 64, (value) => keptTokenHash(token, value)),
    address: cache(65_536, 24, (value): KeptAddress => {
      const address = parseAddress(value);
      if (address === null) return NO_ADDRESS;
      const hash = keyed.pseudonym('ip', address.text);
      return {
        ...{ hash, ...locator.locate(address) },
        allowedFor: allowed?.clientsAt(address) ?? NOBODY,
      };
    }),
    subject: hash(32_768, 'subject'),
    object: hash(32_768, 'object'),
    nonce: hash(1024, 'nonce'),
    payload: hash(1024, 'payload'),
    stated: cache(1024, 32, statedSeconds),
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

/** Clients are known here by the names under which they are kept. */
function allowedAddresses(
  lists: readonly AllowList[],
  { cleanClient }: Cleaners,
): AllowedAddresses | null {
  if (lists.length === 0) return null;
  return new AllowedAddresses(
    lists.map(({ client, addresses }) => ({ client: cleanClient(client).text, addresses })),
  );
}

/** What is one of a few words: anything else is not kept at all. */
function wordCaches(cache: MakeCache) {
  const upper = (pattern: RegExp) => (value: string) =>
    pattern.test(value) ? value.toUpperCase() : '';
  return {
    method: cache(256, 32, (value) => {
      const method = value.toUpperCase();
      return keyText(METHODS.has(method) ? method : '_OTHER');
    }),
    currency: cache(256, 8, upper(/^[a-z]{3}$/i)),
    country: cache(512, 8, upper(/^[a-z]{2}$/i)),
    authResult: cache(64, 16, authResultOf),
    scheme: cache(64, 8, (value) => value.toLowerCase()),
    /** `1.3`, as OpenTelemetry writes it; also from `TLSv1.3`, `TLS 1.3`. */
    tls: cache(64, 16, (value) =>
      keyText(/^(?:tls ?v?)?(\d(?:\.\d)?)$/i.exec(value.trim())?.[1] ?? ''),
    ),
  };
}

function routeText(found: CleanText): RouteText {
  return { ...found, isTemplate: isTemplate(found.text), room: 0 };
}

/** What is kept as text, masked. */
function textCaches({ clean, cleanAll, cleanId, cleanClient }: Cleaners, cache: MakeCache) {
  const text = (length: number) => cache(4096, 64, (value) => clean(value, length));
  return {
    id: cache(65_536, 40, cleanId),
    clientId: cache(4096, 64, cleanClient),
    service: text(128),
    environment: cache(4096, 64, (value) => clean(normalEnvironment(value), 64)),
    scope: text(128),
    objectType: text(64),
    userAgent: cache(16_384, 128, (value) => clean(value, 256)),
    route: cache(4096, 64, (value) => routeText(clean(routeOfTemplate(value), 200))),
    path: cache(32_768, 64, (value) => routeText(clean(routeOfPath(value), 200))),
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
  const allowed = allowedAddresses(options.allowLists ?? [], cleaners);
  const cache: MakeCache = (entries, keyBytes, make) =>
    new ByteCache({
      entries,
      arenaBytes: entries * keyBytes,
      seed,
      make: (bytes, start, end) => make(utf8(bytes, start, end)),
    });
  return {
    /** Null where no client has an allow-list. */
    allowed,
    ...hashCaches({ ...options, allowed }, cleaners, cache),
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

/** Overwrites the raw values that the caches hold: when the process is done with them. */
export function clearCaches(caches: Caches): void {
  for (const cache of Object.values(caches)) {
    if (cache instanceof ByteCache) cache.clear();
  }
}

function authResultOf(value: string): AuthResult {
  const word = value.toLowerCase();
  return word === 'accepted' || word === 'rejected' || word === 'none' ? word : 'unknown';
}

function keptTokenHash(
  token: HashToken,
  value: string,
): KeptToken & { masked: readonly MaskKind[] } {
  if (value === '') return { hash: null, previous: null, masked: NOTHING };
  const hash = parseTokenHash(value);
  if (hash !== null) return { hash: bytesOf(hash), previous: null, masked: NOTHING };
  return { ...token(value), masked: ['token'] };
}

/** Latest second that ClickHouse's DateTime holds. */
const MAX_SECONDS = 0xffff_ffff;

function storable(seconds: number): number {
  return seconds <= MAX_SECONDS ? seconds : 0;
}

/** Hashes a credential and keeps of what it says of itself what the allow-list names. */
function keptCredential(
  token: HashToken,
  keyed: KeyedHash,
  cleaners: Cleaners,
  header: string,
): KeptCredential {
  const found = parseCredential(header);
  if (found === null) return { hash: null, previous: null, claims: null };
  const hashes = token(found.raw);
  const claims = readJwtClaims(found.raw);
  if (claims === null && found.basicUser === '') return { ...hashes, claims: null };
  const id = cleaners.cleanId(claims?.tokenId ?? '');
  const clientId = cleaners.cleanClient(claims?.clientId ?? found.basicUser);
  const environment = cleaners.clean(claims?.environment ?? '', 64);
  const scopes = cleaners.cleanAll(claims?.scopes ?? [], 128);
  const authMethods = cleaners.cleanAll(claims?.methods ?? [], 32);
  const subject = claims?.subject ?? '';
  const certificate = claims?.certificateSha256 ?? '';
  const kept: KeptClaims = {
    id: id.text,
    clientId: clientId.text,
    environment: environment.text,
    issuedAt: storable(claims?.issuedAt ?? 0),
    expiresAt: storable(claims?.expiresAt ?? 0),
    scopes: scopes.texts.map(({ text }) => text),
    authMethods: authMethods.texts.map(({ text }) => text),
    subject: subject === '' ? null : keyed.pseudonym('subject', subject),
    certificate: certificate === '' ? null : bytesOf(certificate),
    masked: [id, clientId, environment, scopes, authMethods].flatMap(({ masked }) => masked),
  };
  return { ...hashes, claims: kept };
}
