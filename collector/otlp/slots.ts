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
    ...['source.address', 'remote_addr'],
  ],
  forwardedFor: headerNames(['x-forwarded-for']),
  forwarded: headerNames(['forwarded']),
  userAgent: [OTEL.userAgent, ...OTEL_OLD.userAgent, ...headerNames(['user-agent']), 'user_agent'],
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

/** One slot for each attribute name; a concept's slots lie side by side, best first. */
export const SLOT_NAMES: readonly string[] = Object.values<readonly string[]>(CONCEPTS).flat();

/** The first slot of a concept and how many it has. */
export interface SlotRange {
  readonly first: number;
  readonly count: number;
}

export const SLOTS = ((): Record<Concept, SlotRange> => {
  let first = 0;
  const ranges: Partial<Record<Concept, SlotRange>> = {};
  for (const [concept, names] of Object.entries<readonly string[]>(CONCEPTS)) {
    ranges[concept as Concept] = { first, count: names.length };
    first += names.length;
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
  find(range: SlotRange): number {
    for (let slot = range.first; slot < range.first + range.count; slot++) {
      if (this.kinds[slot] !== 0) return slot;
    }
    return -1;
  }
}
