import type { Attributes } from '@opentelemetry/api';
import type { IncomingMessage } from 'node:http';
import { ENVIRONMENT_CLAIMS } from '../model/jwt-claims.ts';
import { TIMESTAMP_HEADERS } from '../model/stated-time.ts';
import { keyedHmac } from '../model/keyed-hmac.ts';
import type { KeyedHmac } from '../model/keyed-hmac.ts';

/** What a service says once, at its start. */
export interface TokenwatchOptions {
  /**
   * The installation's secret key, at least 16 bytes, the same as the collector's. Without it
   * nothing about the credential is sent (and one warning says so): a raw token never leaves.
   */
  pepper: string | Buffer | undefined;
  /** The pepper before it, while they rotate: both hashes are sent, and lead to one history. */
  previousPepper?: string | Buffer | undefined;
  /** Request headers that may carry the credential, the first one found counts; any case. */
  credentialHeaders?: readonly string[];
  /** Query parameter that may carry the credential (RFC 6750 §2.3); `null` for none. */
  credentialParameter?: string | null;
  /** Finds the credential where none of the above does, in a cookie say; without its scheme. */
  credential?: (request: IncomingMessage) => string | undefined;
  /** JWT claims that say for which environment a token was minted. */
  environmentClaims?: readonly string[];
  /** Request headers that carry a nonce or an idempotency key. */
  nonceHeaders?: readonly string[];
  /** Request headers that state when the request was made. */
  timestampHeaders?: readonly string[];
  /** Names of the body's fields are sent, never their values; `false` keeps the names too. */
  requestFields?: boolean;
  /** Told, once a kind, what keeps telemetry from working; `process.emitWarning` by default. */
  onProblem?: (message: string) => void;
}

/** Options with everything filled in. */
export interface Settings {
  /** Null when hashing is not possible: then nothing that needs a hash is sent. */
  readonly pepper: KeyedHmac | null;
  readonly previousPepper: KeyedHmac | null;
  readonly credentialHeaders: readonly string[];
  readonly credentialParameter: string | null;
  readonly credential: ((request: IncomingMessage) => string | undefined) | null;
  readonly environmentClaims: readonly string[];
  readonly nonceHeaders: readonly string[];
  readonly timestampHeaders: readonly string[];
  readonly requestFields: boolean;
  /**
   * What tokens said of themselves, by their hash, so that a token is read once and not with each
   * request; no raw token is in it. Bounded where it is filled.
   */
  readonly knownClaims: Map<string, Attributes>;
  /** Says a problem, the first time only. */
  readonly problem: (message: string) => void;
}

const MIN_PEPPER_BYTES = 16;
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'apikey', 'x-auth-token'];
const NONCE_HEADERS = ['idempotency-key', 'x-idempotency-key', 'x-nonce'];

/** Fills in the defaults; an unusable pepper is said once and treated as none. */
export function resolveSettings(options: TokenwatchOptions): Settings {
  const problem = saidOnce(options.onProblem ?? warn);
  return {
    pepper: usablePepper(options.pepper, problem),
    previousPepper: options.previousPepper ? usablePepper(options.previousPepper, problem) : null,
    credentialHeaders: (options.credentialHeaders ?? CREDENTIAL_HEADERS).map(lower),
    credentialParameter:
      options.credentialParameter === undefined ? 'access_token' : options.credentialParameter,
    credential: options.credential ?? null,
    environmentClaims: options.environmentClaims ?? ENVIRONMENT_CLAIMS,
    nonceHeaders: (options.nonceHeaders ?? NONCE_HEADERS).map(lower),
    timestampHeaders: (options.timestampHeaders ?? TIMESTAMP_HEADERS).map(lower),
    requestFields: options.requestFields ?? true,
    knownClaims: new Map(),
    problem,
  };
}

/**
 * Runs telemetry code so that its failure never reaches the service. Only the kind of an error is
 * said: its message could hold what the request held.
 */
export function guarded(settings: Settings, work: () => void): void {
  try {
    work();
  } catch (error) {
    const kind = error instanceof Error ? error.name : typeof error;
    settings.problem(`tokenwatch: telemetry of a request failed (${kind}); the request went on`);
  }
}

function usablePepper(
  pepper: string | Buffer | undefined,
  problem: (message: string) => void,
): KeyedHmac | null {
  const bytes = pepper === undefined ? 0 : Buffer.byteLength(pepper);
  if (pepper !== undefined && bytes >= MIN_PEPPER_BYTES) return keyedHmac(pepper);
  const why =
    bytes === 0 ? 'no pepper is set' : `the pepper is shorter than ${MIN_PEPPER_BYTES} bytes`;
  problem(`tokenwatch: ${why}, so nothing about credentials is sent`);
  return null;
}

function saidOnce(say: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    // Messages come from a handful of places; the bound is for a caller that makes them up.
    if (said.has(message) || said.size >= 100) return;
    said.add(message);
    try {
      say(message);
    } catch {
      // The service's own callback failed; telemetry must not pass that on.
    }
  };
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'TokenwatchWarning' });
}

function lower(name: string): string {
  return name.toLowerCase();
}
