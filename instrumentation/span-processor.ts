import { SpanKind } from '@opentelemetry/api';
import type { AnyValue, Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import { OTEL, TW } from '../model/attributes.ts';
import { parseCredential } from '../model/credential.ts';
import { rememberedCredential } from './in-flight.ts';
import { maskText, maskUrl, REDACTED } from './mask.ts';
import { guarded } from './options.ts';
import type { Settings } from './options.ts';
import { addClaims, addTokenHash } from './token-attributes.ts';

const MAX_DEPTH = 4;

/** What is used of an SDK's span, in every version of the SDK so far. */
interface ReadableSpanLike {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly events: { attributes?: Attributes }[];
  readonly status: { message?: string };
  name: string;
  spanContext(): SpanContext;
}

type EndingSpan = Span & { readonly kind: SpanKind; readonly attributes: Attributes };

/** Headers of requests and responses, captured by any instrumentation, that hold secrets. */
const SECRET_HEADERS = new Set([
  ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'dpop', 'x-api-key'],
  ...['api-key', 'apikey', 'x-auth-token', 'x-amz-security-token', 'x-csrf-token', 'client-cert'],
]);
const HEADER_KEY = /^(?:http\.(?:request|response)\.header|rpc\.(?:request|response)\.metadata)\./;
const URL_KEYS = new Set(['url.full', 'url.query', 'url.path', 'http.url', 'http.target']);
/** Hashes: 13 digits in a row may look like a card number, and nothing else could be in them. */
const HASH_KEY = /(?:hash|sha256)$/;

/**
 * A span processor that lets no raw credential leave the process, whatever instrumentation put it
 * into a span: secret headers are taken out, secret parameters of URLs lose their values; tokens,
 * mail addresses and card numbers are masked in every text. Where no framework plugin is at work it reads the
 * credential from captured headers first, so that it also works alone.
 *
 * SDKs call `onEnding` of all processors before any exporter sees the span. Older ones (before
 * sdk-trace-base 2) only have `onEnd`: there it must be listed before the exporter's processor.
 */
export class TokenwatchSpanProcessor {
  readonly #settings: Settings;
  readonly #secretHeaders: ReadonlySet<string>;
  readonly #cleaned = new WeakSet<object>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#secretHeaders = new Set([...SECRET_HEADERS, ...settings.credentialHeaders]);
  }

  onStart(_span: unknown, _context: Context): void {
    // Nothing to do: attributes come when the request is done.
  }

  onEnding(span: EndingSpan & ReadableSpanLike): void {
    guarded(this.#settings, () => {
      if (span.kind === SpanKind.SERVER && span.attributes[TW.tokenHash] === undefined) {
        span.setAttributes(this.#fromCapturedHeaders(span.attributes));
      }
    });
    // Of its own: the raw header goes, also when reading it failed.
    guarded(this.#settings, () => {
      this.#clean(span);
      this.#cleaned.add(span);
    });
  }

  onEnd(span: ReadableSpanLike): void {
    if (this.#cleaned.has(span)) return;
    guarded(this.#settings, () => {
      if (span.kind === SpanKind.SERVER && span.attributes[TW.tokenHash] === undefined) {
        Object.assign(span.attributes, this.#fromCapturedHeaders(span.attributes));
      }
    });
    guarded(this.#settings, () => this.#clean(span));
  }

  async forceFlush(): Promise<void> {
    // Holds nothing back.
  }

  async shutdown(): Promise<void> {
    // Holds nothing.
  }

  #fromCapturedHeaders(attributes: Attributes): Attributes {
    const found: Attributes = {};
    for (const name of this.#settings.credentialHeaders) {
      const value = attributes[OTEL.requestHeader + name];
      const first: unknown = Array.isArray(value) ? value[0] : value;
      if (typeof first !== 'string') continue;
      const credential = parseCredential(first);
      if (credential === null) continue;
      const status = attributes[OTEL.status];
      addTokenHash(this.#settings, credential, found);
      if (status !== 401) addClaims(this.#settings, credential, found);
      return found;
    }
    return found;
  }

  /**
   * Overwrites in place: what the API calls read-only is a plain object in every SDK, and no later
   * step can be relied on to run before every exporter.
   */
  #clean(span: ReadableSpanLike): void {
    const raw = rememberedCredential(span.spanContext().traceId);
    this.#cleanAttributes(span.attributes, raw);
    for (const event of span.events) {
      if (event.attributes !== undefined) this.#cleanAttributes(event.attributes, raw);
    }
    span.name = maskUrl(without(span.name, raw));
    const { message } = span.status;
    if (message !== undefined) span.status.message = maskUrl(without(message, raw));
  }

  #cleanAttributes(attributes: Attributes, raw: string | undefined): void {
    // Deleting what is being visited is allowed: no key is visited twice or left out.
    for (const key in attributes) {
      if (this.#isSecret(key)) {
        // Gone, not overwritten: a reader must not take what stands there for a credential.
        Reflect.deleteProperty(attributes, key);
        continue;
      }
      const value = attributes[key];
      const clean = this.#cleanValue(key, value, raw, MAX_DEPTH);
      if (clean !== value) attributes[key] = clean;
    }
  }

  /** Texts, lists and (API 1.10) nested maps; what lies deeper than the bound is not let out. */
  #cleanValue(key: string, value: AnyValue, raw: string | undefined, depth: number): AnyValue {
    if (typeof value === 'string') return this.#cleanText(key, value, raw);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    if (depth === 0) return REDACTED;
    if (Array.isArray(value)) return this.#cleanList(key, value, raw, depth);
    const map: Record<string, AnyValue> = {};
    for (const [name, item] of Object.entries(value)) {
      map[name] = this.#cleanValue(name, item as AnyValue, raw, depth - 1);
    }
    return map;
  }

  /** The list itself when there is nothing to clean, which is nearly always. */
  #cleanList(key: string, list: AnyValue[], raw: string | undefined, depth: number): AnyValue[] {
    let cleaned = list;
    for (let i = 0; i < list.length; i += 1) {
      const clean = this.#cleanValue(key, list[i], raw, depth - 1);
      if (clean === list[i]) continue;
      if (cleaned === list) cleaned = [...list];
      cleaned[i] = clean;
    }
    return cleaned;
  }

  #cleanText(key: string, value: string, raw: string | undefined): string {
    if (HASH_KEY.test(key)) return value;
    const open = without(value, raw);
    return URL_KEYS.has(key) ? maskUrl(open) : maskText(open);
  }

  #isSecret(key: string): boolean {
    if (!key.startsWith('http.re') && !key.startsWith('rpc.re')) return false;
    const prefix = HEADER_KEY.exec(key)?.[0];
    if (prefix === undefined) return false;
    // Conventions before 1.21 wrote headers with underscores.
    return this.#secretHeaders.has(key.slice(prefix.length).replaceAll('_', '-').toLowerCase());
  }
}

function without(text: string, raw: string | undefined): string {
  return raw !== undefined && text.includes(raw) ? text.replaceAll(raw, '[token]') : text;
}
