import { OTEL, OTEL_OLD, TW } from '../../model/attributes.ts';

/** Request headers that carry a credential, best first; captured by stock instrumentation. */
export const CREDENTIAL_HEADERS = [
  'authorization',
  'x-api-key',
  'api-key',
  'apikey',
  'x-apikey',
  'x-auth-token',
  'x-access-token',
  'x-client-token',
  'ocp-apim-subscription-key',
  'proxy-authorization',
] as const;

const NONCE_HEADERS = ['idempotency-key', 'x-idempotency-key', 'x-request-nonce'];

/** Older SDKs write `_` for `-` in the names of captured headers. */
function headerNames(headers: readonly string[]): string[] {
  const names = headers.map((header) => OTEL.requestHeader + header);
  return [...new Set([...names, ...names.map((name) => name.replaceAll('-', '_'))])];
}

/**
 * What the collector reads, each with the attribute names that may say it, best first. This is the
 * allow-list: an attribute that is not named here is skipped unread.
 */
const CONCEPTS = {
  tokenHash: [TW.tokenHash],
  tokenId: [TW.tokenId],
  tokenEnvironment: [TW.tokenEnvironment],
  tokenIssuedAt: [TW.tokenIssuedAt],
  tokenExpiresAt: [TW.tokenExpiresAt],
  tokenScopes: [TW.tokenScopes],
  clientId: [TW.clientId],
  subjectHash: [TW.subjectHash],
  subject: [OTEL.enduserPseudoId, ...OTEL_OLD.subject, 'user.hash', 'user.id'],
  scope: [TW.scope, ...OTEL_OLD.scope],
  authResult: [TW.authResult],
  authMethods: [TW.authMethods],
  objectType: [TW.objectType],
  objectHash: [TW.objectHash],
  objectOwnerHash: [TW.objectOwnerHash],
  nonceHash: [TW.nonceHash],
  nonce: headerNames(NONCE_HEADERS),
  requestFields: [TW.requestFields],
  payloadHash: [TW.payloadHash],
  amount: [TW.amount],
  currency: [TW.currency],
  method: [OTEL.method, ...OTEL_OLD.method, 'http.request.method_original'],
  status: [OTEL.status, ...OTEL_OLD.status],
  route: [OTEL.route],
  path: [OTEL.path, ...OTEL_OLD.target, 'url.full'],
  scheme: [OTEL.scheme, ...OTEL_OLD.scheme],
  clientAddress: [OTEL.clientAddress, 'http.client_ip'],
  peerAddress: [
    ...[OTEL.peerAddress, 'net.sock.peer.addr', 'net.peer.ip', 'peer.address'],
    'source.address',
  ],
  forwardedFor: headerNames(['x-forwarded-for']),
  forwarded: headerNames(['forwarded']),
  userAgent: [OTEL.userAgent, ...OTEL_OLD.userAgent, ...headerNames(['user-agent'])],
  service: [OTEL.serviceName],
  environment: [OTEL.environment, ...OTEL_OLD.environment],
  tlsVersion: [OTEL.tlsVersion],
  clientCert: [OTEL.tlsClientHash],
  country: [OTEL.country],
  rpcService: ['rpc.service'],
  rpcMethod: ['rpc.method'],
  rpcStatus: ['rpc.grpc.status_code', 'rpc.response.status_code'],
  credential: headerNames(CREDENTIAL_HEADERS),
} as const satisfies Record<string, readonly string[]>;

export type Concept = keyof typeof CONCEPTS;

/**
 * How access logs of NGINX, Envoy, Kong and their like name the same. Believed in log records
 * only: in a span, `status` or `method` may be anything.
 */
const IN_LOGS: Partial<Record<Concept, readonly string[]>> = {
  method: ['request_method', 'http_method', 'request.method', 'method'],
  status: ['response_code', 'status_code', 'http_status', 'response.status', 'status'],
  route: ['route_template', 'route'],
  path: ['request_uri', 'request_path', 'x_envoy_original_path', 'request.uri', 'uri', 'path'],
  scheme: ['scheme', 'x_forwarded_proto'],
  clientAddress: ['client_ip'],
  peerAddress: ['remote_addr', 'downstream_remote_address', 'remote_address'],
  forwardedFor: ['http_x_forwarded_for', 'x_forwarded_for'],
  userAgent: ['http_user_agent', 'user_agent'],
  service: ['service', 'authority'],
  clientId: ['consumer', 'client_id'],
  tlsVersion: ['ssl_protocol', 'tls_version'],
  clientCert: ['ssl_client_fingerprint_sha256', 'downstream_peer_fingerprint_256'],
  credential: ['http_authorization', 'http_x_api_key', 'authorization', 'x_api_key', 'api_key'],
  nonce: ['http_idempotency_key', 'idempotency_key'],
};

function namesOf(concept: string): readonly string[] {
  const logs = IN_LOGS[concept as Concept] ?? [];
  const names: readonly string[] = CONCEPTS[concept as Concept];
  return [...names, ...logs.filter((name) => !names.includes(name))];
}

/** One slot for each attribute name; a concept's slots lie side by side, best first. */
export const SLOT_NAMES: readonly string[] = Object.keys(CONCEPTS).flatMap(namesOf);

/** The first slot of a concept, how many it has in spans, and how many in log records. */
export interface SlotRange {
  readonly first: number;
  readonly count: number;
  readonly countInLogs: number;
}

export const SLOTS = ((): Record<Concept, SlotRange> => {
  let first = 0;
  const ranges: Partial<Record<Concept, SlotRange>> = {};
  for (const [concept, names] of Object.entries<readonly string[]>(CONCEPTS)) {
    const countInLogs = namesOf(concept).length;
    ranges[concept as Concept] = { first, count: names.length, countInLogs };
    first += countInLogs;
  }
  return ranges as Record<Concept, SlotRange>;
})();

/** How an attribute's value is written, numbered as the fields of OTLP's AnyValue. */
export const KIND = { none: 0, string: 1, bool: 2, int: 3, double: 4, array: 5, map: 6, bytes: 7 };

/** Where in the body the values of one span's known attributes lie: no copies, no objects. */
export class Slots {
  readonly kinds = new Uint8Array(SLOT_NAMES.length);
  readonly starts = new Int32Array(SLOT_NAMES.length);
  readonly ends = new Int32Array(SLOT_NAMES.length);

  clear(): void {
    this.kinds.fill(0);
  }

  set(slot: number, kind: number, start: number, end: number): void {
    this.kinds[slot] = kind;
    this.starts[slot] = start;
    this.ends[slot] = end;
  }

  /** The best slot of a concept that has a value, or -1. */
  find(range: SlotRange, isLog: boolean): number {
    const end = range.first + (isLog ? range.countInLogs : range.count);
    for (let slot = range.first; slot < end; slot++) {
      if (this.kinds[slot] !== 0) return slot;
    }
    return -1;
  }
}
