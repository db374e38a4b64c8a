/** What a JWT says of itself: read without a key, so a hint and no proof. */
export interface JwtClaims {
  /** Unix seconds; 0 when absent. */
  issuedAt: number;
  expiresAt: number;
  scopes: string[];
  clientId: string;
  environment: string;
  id: string;
  subject: string;
  authMethods: string[];
  /** Lower-case hex SHA-256 of the certificate that the token is bound to (RFC 8705), or empty. */
  boundCertSha256: string;
}

const MAX_PAYLOAD = 16 * 1024;
/** Latest second that ClickHouse's DateTime holds. */
const MAX_SECONDS = 0xffff_ffff;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(base64url: string): Json | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    // Three parts with dots, but no JSON inside: an opaque token.
    return null;
  }
}

function seconds(value: unknown): number {
  return typeof value === 'number' && value > 0 && value <= MAX_SECONDS ? Math.floor(value) : 0;
}

function text(...values: unknown[]): string {
  return values.find((value): value is string => typeof value === 'string') ?? '';
}

function words(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
  if (!Array.isArray(value)) return [];
  return value.filter((word): word is string => typeof word === 'string');
}

function boundCert(cnf: unknown): string {
  const thumbprint = isObject(cnf) ? cnf['x5t#S256'] : undefined;
  if (typeof thumbprint !== 'string') return '';
  const hex = Buffer.from(thumbprint, 'base64url').toString('hex');
  return hex.length === 64 ? hex : '';
}

/**
 * The claims of a JSON Web Token (RFC 7519), or null when the credential is none. The signature is
 * not checked and nothing of the token is kept but what is returned.
 */
export function readJwt(token: string): JwtClaims | null {
  if (!token.startsWith('ey') || token.length > MAX_PAYLOAD * 2) return null;
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined) return null;
  if (rest.length > 0 || payload.length > MAX_PAYLOAD) return null;
  const claims = parseObject(header)?.['alg'] === undefined ? null : parseObject(payload);
  if (claims === null) return null;
  return {
    issuedAt: seconds(claims['iat']),
    expiresAt: seconds(claims['exp']),
    scopes: [claims['scope'], claims['scp'], claims['scopes']].flatMap(words),
    clientId: text(claims['client_id'], claims['azp'], claims['cid'], claims['appid']),
    environment: text(claims['environment'], claims['env'], claims['deployment_environment']),
    id: text(claims['jti']),
    subject: text(claims['sub']),
    authMethods: words(claims['amr']),
    boundCertSha256: boundCert(claims['cnf']),
  };
}
