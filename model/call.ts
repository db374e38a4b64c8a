import type { Pseudonym, TokenHash } from './hash.ts';

/** What the service decided about the credential; `unknown` when it did not say. */
export type AuthResult = 'unknown' | 'none' | 'accepted' | 'rejected';

/** What kind of network an address belongs to, as far as its ASN tells. */
export type NetworkKind = 'unknown' | 'private' | 'residential' | 'mobile' | 'hosting' | 'vpn';

/** Whether the client's allow-list holds the address; `unasked` where it has none, or no address is known. */
export type AddressAllowed = 'unasked' | 'inside' | 'outside';

/** The road a call came in by. */
export type CallSource = 'otlp' | 'log' | 'import';

/**
 * One API request as a service saw it, after reading and hashing: nothing in it leads back to a
 * raw token, address or payload. Empty strings and zeros mean "not known".
 */
export interface Call {
  /** When the request began, epoch milliseconds (event time). */
  time: number;
  /** Lower-case hex, 32 and 16 digits, or empty. */
  traceId: string;
  spanId: string;
  /** Empty for a call that presented no token. */
  tokenHash: TokenHash | '';
  /** The token's public identifier (`jti`, key id), if it has one. */
  tokenId: string;
  clientId: string;
  subjectHash: Pseudonym | '';
  service: string;
  /** Where the service runs. */
  environment: string;
  /** What the token was minted for. */
  tokenEnvironment: string;
  /** Unix seconds; 0 when not known. */
  tokenIssuedAt: number;
  /** Unix seconds; 0 when not known. */
  tokenExpiresAt: number;
  /** Lower-case hex SHA-256 of the certificate that the token is bound to (`cnf`), or empty. */
  tokenCertificateSha256: string;
  grantedScopes: string[];
  /** The scope that this call exercised. */
  scope: string;
  method: string;
  /** A route template (`/accounts/:id`), never a raw path. */
  route: string;
  /** HTTP status; 0 when not known. */
  status: number;
  authResult: AuthResult;
  authMethods: string[];
  ipHash: Pseudonym | '';
  /** ISO 3166-1 alpha-2, upper case, or empty. */
  country: string;
  /** Autonomous system number; 0 when not known. */
  asn: number;
  networkKind: NetworkKind;
  addressAllowed: AddressAllowed;
  userAgent: string;
  tlsVersion: string;
  /** Lower-case hex SHA-256 of the client certificate, or empty. */
  clientCertSha256: string;
  objectType: string;
  objectHash: Pseudonym | '';
  objectOwnerHash: Pseudonym | '';
  nonceHash: Pseudonym | '';
  payloadHash: Pseudonym | '';
  /** When the request itself says that it was made, Unix seconds; 0 when it does not say. */
  statedAt: number;
  /** Names of the request's fields, never their values. */
  requestFields: string[];
  /** In units of `currency`; null when the call moved no money that we know of. */
  amount: number | null;
  /** ISO 4217, or empty. */
  currency: string;
  source: CallSource;
}

/** A call about which nothing is known but its time; readers fill in what they find. */
export function emptyCall(time: number, source: CallSource): Call {
  return {
    time,
    traceId: '',
    spanId: '',
    tokenHash: '',
    tokenId: '',
    clientId: '',
    subjectHash: '',
    service: '',
    environment: '',
    tokenEnvironment: '',
    tokenIssuedAt: 0,
    tokenExpiresAt: 0,
    tokenCertificateSha256: '',
    grantedScopes: [],
    scope: '',
    method: '',
    route: '',
    status: 0,
    authResult: 'unknown',
    authMethods: [],
    ipHash: '',
    country: '',
    asn: 0,
    networkKind: 'unknown',
    addressAllowed: 'unasked',
    userAgent: '',
    tlsVersion: '',
    clientCertSha256: '',
    objectType: '',
    objectHash: '',
    objectOwnerHash: '',
    nonceHash: '',
    payloadHash: '',
    statedAt: 0,
    requestFields: [],
    amount: null,
    currency: '',
    source,
  };
}
