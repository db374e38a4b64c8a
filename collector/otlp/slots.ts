import { OTEL, OTEL_OLD, TW } from '../../model/attributes.ts';
import { TIMESTAMP_HEADERS } from '../../model/stated-time.ts';

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
  tokenPreviousHash: [TW.tokenPreviousHash],
  tokenCertificate: [TW.tokenCertificateSha256],
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
  statedAt: [TW.requestTimestamp, ...headerNames(TIMESTAMP_HEADERS)],
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
  forwardedProto: headerNames(['x-forwarded-proto']),
  /** The last is Envoy's. */
  userAgent: [OTEL.userAgent, ...OTEL_OLD.userAgent, ...headerNames(['user-agent']), 'user_agent'],
  service: [OTEL.serviceName],
  /** What a proxy calls the host that was asked: a name where the sender has none. */
  authority: [],
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
  forwardedProto: ['http_x_forwarded_proto'],
  userAgent: ['http_user_agent'],
  service: ['service'],
  authority: ['authority'],
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

/** A concept, as the index under which {@link Slots.find} knows it. */
export type SlotRange = number;

export const SLOTS = Object.fromEntries(
  Object.keys(CONCEPTS).map((concept, index) => [concept, index]),
) as Record<Concept, SlotRange>;

/** Of each slot, the concept that it may say, and whether in log records only. */
const CONCEPT_OF = Uint8Array.from(
  Object.keys(CONCEPTS).flatMap((concept, index) => namesOf(concept).map(() => index)),
);
const LOGS_ONLY = Uint8Array.from(
  Object.entries<readonly string[]>(CONCEPTS).flatMap(([concept, names]) =>
    namesOf(concept).map((_, at) => (at < names.length ? 0 : 1)),
  ),
);

/** How an attribute's value is written, numbered as the fields of OTLP's AnyValue. */
export const KIND = { none: 0, string: 1, bool: 2, int: 3, double: 4, array: 5, map: 6, bytes: 7 };

/**
 * Concepts that few senders name, by what they speak of. A call that has none of a group is spared
 * the look for each of them.
 */
const RARE = {
  token: [
    ...['tokenId', 'tokenIssuedAt', 'tokenExpiresAt', 'tokenCertificate', 'subjectHash'],
    ...['subject', 'authMethods'],
  ],
  replay: ['nonceHash', 'nonce', 'payloadHash', 'statedAt'],
  object: ['objectType', 'objectHash', 'objectOwnerHash', 'amount', 'currency'],
} as const satisfies Record<string, readonly Concept[]>;

type Group = keyof typeof RARE;

/** Each group's bit in {@link Slots.groups}. */
export const GROUPS = Object.fromEntries(
  Object.keys(RARE).map((group, index) => [group, 1 << index]),
) as Record<Group, number>;

/** Of each concept the bit of its group, or 0. */
const GROUP_OF = Uint8Array.from(Object.keys(CONCEPTS), (concept) =>
  Object.entries<readonly string[]>(RARE)
    .filter(([, concepts]) => concepts.includes(concept))
    .reduce((bits, [group]) => bits | GROUPS[group as Group], 0),
);

/** Stands for none; there are fewer slots than that. */
const NO_SLOT = 255;

/** Where in the body the values of one span's known attributes lie: no copies, no objects. */
export class Slots {
  readonly kinds = new Uint8Array(SLOT_NAMES.length);
  readonly starts = new Int32Array(SLOT_NAMES.length);
  readonly ends = new Int32Array(SLOT_NAMES.length);
  /** The groups of which some concept has had a value; it may have been taken back since. */
  groups = 0;

  /** Of each concept the best slot that has a value, or 255: in spans, and in log records. */
  readonly #best = new Uint8Array(Object.keys(CONCEPTS).length).fill(NO_SLOT);
  readonly #bestInLogs = new Uint8Array(Object.keys(CONCEPTS).length).fill(NO_SLOT);

  clear(): void {
    this.kinds.fill(0);
    this.#best.fill(NO_SLOT);
    this.#bestInLogs.fill(NO_SLOT);
    this.groups = 0;
  }

  set(slot: number, kind: number, start: number, end: number): void {
    this.kinds[slot] = kind;
    this.starts[slot] = start;
    this.ends[slot] = end;
    const concept = CONCEPT_OF[slot] ?? 0;
    this.groups |= GROUP_OF[concept] ?? 0;
    if (slot < (this.#bestInLogs[concept] ?? 0)) this.#bestInLogs[concept] = slot;
    if (LOGS_ONLY[slot] === 0 && slot < (this.#best[concept] ?? 0)) this.#best[concept] = slot;
  }

  /** The same for a value that may be the second of its attribute: the last one counts. */
  put(slot: number, kind: number, start: number, end: number): void {
    if (this.kinds[slot] !== KIND.none) this.unset(slot);
    this.set(slot, kind, start, end);
  }

  /** Takes a value back: the attribute was written again, with an empty one. */
  unset(slot: number): void {
    if (this.kinds[slot] === KIND.none) return;
    this.kinds[slot] = KIND.none;
    this.#best[CONCEPT_OF[slot] ?? 0] = NO_SLOT;
    this.#bestInLogs[CONCEPT_OF[slot] ?? 0] = NO_SLOT;
    this.kinds.forEach((kind, other) => {
      if (kind !== KIND.none && CONCEPT_OF[other] === CONCEPT_OF[slot]) {
        this.set(other, kind, this.starts[other] ?? 0, this.ends[other] ?? 0);
      }
    });
  }

  /** The best slot of a concept that has a value, or -1. */
  find(concept: SlotRange, isLog: boolean): number {
    const slot = (isLog ? this.#bestInLogs : this.#best)[concept] ?? NO_SLOT;
    return slot === NO_SLOT ? -1 : slot;
  }
}
