/**
 * The names of span and resource attributes that tokenwatch reads and writes.
 *
 * Two groups: OpenTelemetry's own (semantic conventions 1.44, with the older names that services
 * still send), and ours under `tokenwatch.`, because OpenTelemetry has no namespace for API
 * tokens. Every other room takes the names from here.
 */

/** Our own attributes: what an instrumented service says about the credential of a call. */
export const TW = {
  tokenHash: 'tokenwatch.token.hash',
  tokenId: 'tokenwatch.token.id',
  tokenEnvironment: 'tokenwatch.token.environment',
  /** Unix seconds. */
  tokenIssuedAt: 'tokenwatch.token.issued_at',
  /** Unix seconds. */
  tokenExpiresAt: 'tokenwatch.token.expires_at',
  /** String array: the scopes that the token carries. */
  tokenScopes: 'tokenwatch.token.scopes',
  /** Lower-case hex SHA-256 of the certificate that the token is bound to (RFC 8705, `cnf`). */
  tokenCertificateSha256: 'tokenwatch.token.certificate_sha256',
  /** The token's hash under the pepper before the current one, while peppers rotate. */
  tokenPreviousHash: 'tokenwatch.token.previous_hash',
  clientId: 'tokenwatch.client.id',
  subjectHash: 'tokenwatch.subject.hash',
  /** The scope that this call exercised. */
  scope: 'tokenwatch.scope',
  /** `accepted`, `rejected` or `none` (no credential was presented). */
  authResult: 'tokenwatch.auth.result',
  /** String array, as in the JWT claim `amr` (RFC 8176). */
  authMethods: 'tokenwatch.auth.methods',
  objectType: 'tokenwatch.object.type',
  objectHash: 'tokenwatch.object.hash',
  /** The owner's pseudonym of purpose `subject`, to be compared with `tokenwatch.subject.hash`. */
  objectOwnerHash: 'tokenwatch.object.owner_hash',
  nonceHash: 'tokenwatch.nonce.hash',
  /** When the request says that it was made: Unix seconds. */
  requestTimestamp: 'tokenwatch.request.timestamp',
  /** String array: names, never values, of the fields in the request body. */
  requestFields: 'tokenwatch.request.fields',
  payloadHash: 'tokenwatch.payload.hash',
  amount: 'tokenwatch.amount',
  currency: 'tokenwatch.currency',
} as const;

/** OpenTelemetry's stable names, and those in development that we read. */
export const OTEL = {
  method: 'http.request.method',
  status: 'http.response.status_code',
  route: 'http.route',
  path: 'url.path',
  scheme: 'url.scheme',
  clientAddress: 'client.address',
  peerAddress: 'network.peer.address',
  userAgent: 'user_agent.original',
  serviceName: 'service.name',
  environment: 'deployment.environment.name',
  tlsVersion: 'tls.protocol.version',
  tlsClientHash: 'tls.client.hash.sha256',
  enduserPseudoId: 'enduser.pseudo.id',
  country: 'geo.country.iso_code',
  /** Prefix; the header's name follows in lower case, the value is a string array. */
  requestHeader: 'http.request.header.',
} as const;

/** Deprecated names that services in the field still send, by the name that replaced them. */
export const OTEL_OLD = {
  environment: ['deployment.environment'],
  scope: ['enduser.scope'],
  subject: ['enduser.id'],
  method: ['http.method'],
  status: ['http.status_code'],
  target: ['http.target', 'http.url'],
  scheme: ['http.scheme'],
  clientAddress: ['http.client_ip', 'net.sock.peer.addr', 'net.peer.ip'],
  userAgent: ['http.user_agent'],
} as const;
