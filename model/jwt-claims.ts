/** Longest credential that is looked into, in characters; real tokens stay far below. */
const MAX_TOKEN_LENGTH = 16_384;
const MAX_ITEMS = 64;
const MAX_TEXT = 256;
/** Unix seconds of the year 9999: what is larger is milliseconds by mistake, or nonsense. */
const MAX_SECONDS = 253_402_300_799;

/** What a JWT says about itself. Nothing of it was verified: it describes, it proves nothing. */
export interface TokenClaims {
  /** `jti`, or empty. */
  tokenId: string;
  /** `client_id`, `azp`, `cid` or `appid`, or empty. */
  clientId: string;
  /** `sub`, raw: hash it before it goes anywhere. */
  subject: string;
  /** Normalised by {@link normalEnvironment}, or empty. */
  environment: string;
  /** Unix seconds; 0 when absent. */
  issuedAt: number;
  /** Unix seconds; 0 when absent. */
  expiresAt: number;
  /** `scope` (RFC 8693) or `scp`, at most 64. */
  scopes: string[];
  /** `amr` (RFC 8176). */
  methods: string[];
  /** `cnf.x5t#S256` (RFC 8705): the certificate it is bound to, as lower-case hex, or empty. */
  certificateSha256: string;
}

/** Claims that carry the environment, in the order in which they are believed. */
export const ENVIRONMENT_CLAIMS: readonly string[] = [
  'env',
  'environment',
  'deployment_environment',
];

/**
 * Reads the claims of a JWT (JWS compact form) without verifying them.
 *
 * @param token the credential without its scheme
 * @param environmentClaims names of claims that carry the environment
 * @returns null for whatever is not a readable JWT: opaque tokens, JWE, rubbish; never throws
 */
export function readJwtClaims(
  token: string,
  environmentClaims: readonly string[] = ENVIRONMENT_CLAIMS,
): TokenClaims | null {
  const payload = payloadOf(token);
  if (payload === null) return null;
  return {
    tokenId: text(payload['jti']),
    clientId: firstText(payload, ['client_id', 'azp', 'cid', 'appid']),
    subject: text(payload['sub']),
    environment: normalEnvironment(firstText(payload, environmentClaims)),
    issuedAt: seconds(payload['iat']),
    expiresAt: seconds(payload['exp']),
    scopes: words(payload['scope'] ?? payload['scp']),
    methods: words(payload['amr']),
    certificateSha256: thumbprint(payload['cnf']),
  };
}

const ENVIRONMENT_ALIASES: ReadonlyMap<string, string> = new Map([
  ['prod', 'production'],
  ['prd', 'production'],
  ['live', 'production'],
  ['stage', 'staging'],
  ['stg', 'staging'],
  ['testing', 'test'],
  ['dev', 'development'],
]);

/** One spelling for an environment: lower case, `prod` and `live` as `production`, and so on. */
export function normalEnvironment(name: string): string {
  const lower = name.trim().toLowerCase();
  return ENVIRONMENT_ALIASES.get(lower) ?? lower;
}

function payloadOf(token: string): Record<string, unknown> | null {
  // Every JSON object in base64url begins with `eyJ` (`{"`): opaque tokens end here.
  if (!token.startsWith('eyJ') || token.length > MAX_TOKEN_LENGTH) return null;
  const start = token.indexOf('.') + 1;
  const end = token.indexOf('.', start);
  if (start === 0 || end <= start) return null;
  try {
    const json = Buffer.from(token.slice(start, end), 'base64url').toString('utf8');
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : null;
  } catch {
    return null; // Not JSON: an encrypted or a foreign token.
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : '';
}

function firstText(payload: Record<string, unknown>, names: readonly string[]): string {
  for (const name of names) {
    const value = text(payload[name]);
    if (value !== '') return value;
  }
  return '';
}

function seconds(value: unknown): number {
  const whole = typeof value === 'number' ? Math.floor(value) : Number.NaN;
  return whole > 0 && whole <= MAX_SECONDS ? whole : 0;
}

function words(value: unknown): string[] {
  const items: unknown[] = typeof value === 'string' ? value.split(' ') : asArray(value);
  return items
    .map(text)
    .filter((word) => word !== '')
    .slice(0, MAX_ITEMS);
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function thumbprint(confirmation: unknown): string {
  const value = isObject(confirmation) ? confirmation['x5t#S256'] : undefined;
  if (typeof value !== 'string' || !/^[\w-]{43}=?$/.test(value)) return '';
  return Buffer.from(value, 'base64url').toString('hex');
}
