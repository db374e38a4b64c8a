import type { AddressAllowed, AuthResult, CallSource } from '../../model/call.ts';
import type { CallBlock } from '../../store/calls/call-block.ts';
import type { RawCall } from '../otlp/read-request.ts';
import type { TokenAliases } from '../rotation/token-aliases.ts';
import { SLOTS } from '../otlp/slots.ts';
import { NO_ADDRESS } from './caches.ts';
import type { Caches, CleanText, KeptAddress, KeptClaims, KeptToken } from './caches.ts';
import {
  forwardedEntries,
  forwardedForEntries,
  forwardedProtos,
  trustedEntry,
  trustedProto,
} from './forwarded.ts';
import { RawValues, UNNAMED } from './raw-values.ts';
import { HOSTS, OTHER_ROUTE, RouteCap, pathKind } from './route-cap.ts';
import type { RouteKind } from './route-cap.ts';
import { isTemplate, saysLess } from './route.ts';
import type { Tally } from './tally.ts';

export interface CallReaderOptions {
  caches: Caches;
  tally: Tally;
  /** Proxies in front of the services; 0 where none is trusted. */
  trustedHops: number;
  /** Milliseconds that a call may be dated after its arrival, and before it. */
  maxFuture: number;
  maxPast: number;
  /** Leads hashes under several peppers to one; left out, every hash stands for itself. */
  aliases?: TokenAliases;
}

/** A log record that says none of these is no access log. */
const OF_A_CALL = [
  ...[SLOTS.method, SLOTS.status, SLOTS.route, SLOTS.path, SLOTS.rpcService],
  ...[SLOTS.tokenHash, SLOTS.authResult],
];

/** Whether a log record tells of a request, or is a service's own talk. */
export function isAccessLog({ attributes }: RawCall): boolean {
  return OF_A_CALL.some((range) => attributes.find(range, true) !== -1);
}

const NO_TEXT: CleanText = { text: '', masked: [], isBroken: false };

/** Turns what was located in a body into rows: the only place where attributes become a call. */
export class CallReader extends RawValues {
  readonly #options: CallReaderOptions;
  readonly #routes = new RouteCap();
  #arrived = 0;
  #client = '';
  /** The host that the call was for has no room among the others. */
  #isHostCapped = false;

  constructor(options: CallReaderOptions) {
    super(options.caches, options.tally);
    this.#options = options;
  }

  /**
   * Adds one call to the block.
   *
   * @param arrived epoch ms, kept in place of a time that cannot be right
   */
  append(raw: RawCall, block: CallBlock, source: CallSource, arrived: number): void {
    const { columns } = block;
    this.turnTo(raw, source === 'log');
    this.#arrived = arrived;
    columns.source.push(source);
    if (raw.traceIdAt < 0) columns.trace_id.pushZeros();
    else columns.trace_id.push(raw.bytes, raw.traceIdAt);
    if (raw.spanIdAt < 0) columns.span_id.pushZeros();
    else columns.span_id.push(raw.bytes, raw.spanIdAt);
    this.#appendService(block);
    // Now that it is known whose clock it is.
    columns.time.push(this.#time(raw.time, arrived));
    this.#appendCredential(block);
    this.#appendRequest(block);
    this.#appendNetwork(block);
    this.#appendObject(block);
    block.endRow();
  }

  #time(time: number, arrived: number): number {
    const { maxFuture, maxPast, tally } = this.#options;
    if (time > 0 && time <= arrived + maxFuture && time >= arrived - maxPast) return time;
    const reason = time <= 0 ? 'no_time' : time > arrived ? 'future_time' : 'past_time';
    tally.adjusted(reason, this.service);
    return arrived;
  }

  #appendService({ columns }: CallBlock): void {
    const { service: names } = this.caches;
    this.#isHostCapped = false;
    const service = this.get(names, SLOTS.service) ?? this.#host() ?? NO_TEXT;
    this.service = service.text === '' ? UNNAMED : service.text;
    columns.service.push(this.kept('service', service) === '' ? UNNAMED : service.text);
    columns.environment.push(this.text('environment', this.caches.environment, SLOTS.environment));
  }

  /** Where the sender has no name, the host that a proxy was asked for, as far as there is room. */
  #host(): CleanText | null {
    const host = this.get(this.caches.service, SLOTS.authority);
    if (host === null) return null;
    const kind = pathKind(this.#status());
    this.#isHostCapped = !this.#routes.admits(HOSTS, host.text, kind, this.#arrived);
    return this.#isHostCapped ? null : host;
  }

  #appendCredential({ columns }: CallBlock): void {
    const { caches } = this;
    const sent = this.get(caches.tokenHash, SLOTS.tokenHash);
    if (sent !== null) this.mask('token_hash', sent.masked);
    const presented = this.get(caches.credential, SLOTS.credential);
    const hash = this.#tokenHash(sent ?? presented);
    const claims = presented?.claims ?? null;
    if (claims !== null) this.mask('claims', claims.masked);
    columns.token_hash.push(hash);
    columns.token_id.push(this.text('token_id', caches.id, SLOTS.tokenId) || (claims?.id ?? ''));
    this.#client =
      this.text('client_id', caches.clientId, SLOTS.clientId) || (claims?.clientId ?? '');
    columns.client_id.push(this.#client);
    columns.token_environment.push(
      this.text('token_environment', caches.environment, SLOTS.tokenEnvironment) ||
        (claims?.environment ?? ''),
    );
    columns.token_issued_at.push(this.seconds(SLOTS.tokenIssuedAt) || (claims?.issuedAt ?? 0));
    columns.token_expires_at.push(this.seconds(SLOTS.tokenExpiresAt) || (claims?.expiresAt ?? 0));
    columns.token_certificate_sha256.push(
      this.get(caches.cert, SLOTS.tokenCertificate) ?? claims?.certificate ?? null,
    );
    const subject = this.get(caches.subject, SLOTS.subjectHash);
    columns.subject_hash.push(
      subject ?? this.get(caches.subject, SLOTS.subject) ?? claims?.subject ?? null,
    );
    this.#appendGrant(columns, claims);
    columns.auth_result.push(this.#authResult(hash !== null));
  }

  /** The hash under which the token's history is kept, whichever pepper made the one we have. */
  #tokenHash(kept: KeptToken | null): Uint8Array | null {
    const { aliases } = this.#options;
    const hash = kept?.hash ?? null;
    if (hash === null || aliases === undefined) return hash;
    const said = aliases.isRotating
      ? this.get(this.caches.tokenHash, SLOTS.tokenPreviousHash)
      : null;
    return aliases.resolve({ hash, previous: kept?.previous ?? said?.hash ?? null });
  }

  #appendGrant(columns: CallBlock['columns'], claims: KeptClaims | null): void {
    const granted = this.texts('granted_scopes', SLOTS.tokenScopes);
    columns.granted_scopes.push(granted.length > 0 ? granted : (claims?.scopes ?? []));
    const methods = this.texts('auth_methods', SLOTS.authMethods);
    columns.auth_methods.push(methods.length > 0 ? methods : (claims?.authMethods ?? []));
  }

  /** What the service said; else 401 rejects a token that was presented and any other status does not. */
  #authResult(hasToken: boolean): AuthResult {
    const said = this.get(this.caches.authResult, SLOTS.authResult);
    if (said !== null && said !== 'unknown') return said;
    const status = this.#status();
    if (!hasToken || status === 0) return 'unknown';
    return status === 401 ? 'rejected' : 'accepted';
  }

  #appendRequest({ columns }: CallBlock): void {
    const caches = this.caches;
    columns.scope.push(this.text('scope', caches.scope, SLOTS.scope));
    const isRpc = this.slot(SLOTS.method) === -1 && this.slot(SLOTS.rpcService) !== -1;
    columns.method.push(isRpc ? 'POST' : (this.get(caches.method, SLOTS.method) ?? ''));
    const status = this.#status();
    columns.route.push(isRpc ? this.#rpcRoute() : this.#route(status));
    columns.status.push(status);
    columns.user_agent.push(this.text('user_agent', caches.userAgent, SLOTS.userAgent));
    columns.request_fields.push(this.texts('request_fields', SLOTS.requestFields));
    columns.nonce_hash.push(
      this.get(caches.nonce, SLOTS.nonceHash) ?? this.get(caches.nonce, SLOTS.nonce),
    );
    columns.payload_hash.push(this.get(caches.payload, SLOTS.payloadHash));
    columns.stated_at.push(this.get(caches.stated, SLOTS.statedAt) ?? 0);
  }

  #route(status: number): string {
    const route = this.text('route', this.caches.route, SLOTS.route);
    if (isTemplate(route)) return this.#admitted(route, 'reported');
    // What is masked in a raw path is what the template is for: nobody needs to be told.
    const path = this.get(this.caches.path, SLOTS.path)?.text ?? '';
    if (route !== '' && !saysLess(route, path)) return this.#admitted(route, 'reported');
    return this.#admitted(path, pathKind(status));
  }

  #admitted(route: string, kind: RouteKind): string {
    const hasRoom =
      !this.#isHostCapped && this.#routes.admits(this.service, route, kind, this.#arrived);
    if (route === '' || hasRoom) return route;
    this.tally.adjusted('route_cap');
    return OTHER_ROUTE;
  }

  /** `rpc.method` may hold the whole name already. */
  #rpcRoute(): string {
    const service = this.text('route', this.caches.scope, SLOTS.rpcService);
    const method = this.text('route', this.caches.scope, SLOTS.rpcMethod);
    const route = method.includes('/') ? `/${method}` : `/${service}/${method}`;
    return this.#admitted(route, 'reported');
  }

  #status(): number {
    const status = this.number(SLOTS.status);
    if (status >= 100 && status <= 999) return Math.floor(status);
    const slot = this.slot(SLOTS.rpcStatus);
    return slot === -1 ? 0 : httpOfGrpc(this.number(SLOTS.rpcStatus));
  }

  #appendNetwork({ columns }: CallBlock): void {
    const caches = this.caches;
    const address = this.#address();
    columns.ip_hash.push(address.hash);
    columns.country.push(address.country || (this.get(caches.country, SLOTS.country) ?? ''));
    columns.asn.push(address.asn);
    columns.network_kind.push(address.kind);
    columns.address_allowed.push(allowedAt(caches, this.#client, address));
    const tls = this.get(caches.tls, SLOTS.tlsVersion) ?? '';
    columns.tls_version.push(tls === '' && this.#isPlain() ? 'none' : tls);
    columns.client_cert_sha256.push(this.get(caches.cert, SLOTS.clientCert));
  }

  /** The service saw HTTP, and no trusted proxy says that TLS ended in front of it. */
  #isPlain(): boolean {
    if (this.get(this.caches.scheme, SLOTS.scheme) !== 'http') return false;
    const { trustedHops } = this.#options;
    if (trustedHops === 0) return true;
    const standard = forwardedProtos(this.strings(SLOTS.forwarded));
    const protos =
      standard.length > 0 ? standard : forwardedForEntries(this.strings(SLOTS.forwardedProto));
    return trustedProto(protos, trustedHops) !== 'https';
  }

  #address(): KeptAddress {
    const { trustedHops, tally } = this.#options;
    const forwarded = trustedHops === 0 ? null : this.#forwarded(trustedHops);
    const named = this.get(this.caches.address, SLOTS.clientAddress);
    const peer = this.get(this.caches.address, SLOTS.peerAddress);
    const found = forwarded ?? this.#believed(named, peer);
    if (found !== null && found.hash === null) tally.adjusted('bad_address');
    return found ?? NO_ADDRESS;
  }

  /**
   * Stock instrumentation fills `client.address` from X-Forwarded-For, which a client that reaches
   * the service directly writes as it likes: with a public peer and no proxy configured, the peer
   * is the client. A service that sends our own attributes has chosen the address itself.
   */
  #believed(named: KeptAddress | null, peer: KeptAddress | null): KeptAddress | null {
    if (named === null || named.hash === null) return peer ?? named;
    const stock = this.slot(SLOTS.tokenHash) === -1 && this.slot(SLOTS.authResult) === -1;
    const direct = peer !== null && peer.hash !== null && peer.kind !== 'private';
    return stock && direct && this.#options.trustedHops === 0 ? peer : named;
  }

  #forwarded(hops: number): KeptAddress | null {
    const standard = forwardedEntries(this.strings(SLOTS.forwarded));
    const entries =
      standard.length > 0 ? standard : forwardedForEntries(this.strings(SLOTS.forwardedFor));
    const entry = trustedEntry(entries, hops);
    if (entry === null) return null;
    const address = this.caches.address.getText(entry);
    return address.hash === null ? null : address;
  }

  #appendObject({ columns }: CallBlock): void {
    const caches = this.caches;
    columns.object_type.push(this.text('object_type', caches.objectType, SLOTS.objectType));
    columns.object_hash.push(this.get(caches.object, SLOTS.objectHash));
    columns.object_owner_hash.push(this.get(caches.subject, SLOTS.objectOwnerHash));
    const amount = this.slot(SLOTS.amount) === -1 ? Number.NaN : this.number(SLOTS.amount);
    columns.amount.push(plausibleAmount(amount));
    columns.currency.push(this.get(caches.currency, SLOTS.currency) ?? '');
  }
}

/** Whether a client's allow-list holds an address; nothing is said of an address that is not known. */
export function allowedAt(
  { allowed }: Caches,
  client: string,
  { hash, allowedFor }: KeptAddress,
): AddressAllowed {
  if (allowed === null || hash === null) return 'unasked';
  return allowed.judge(client, allowedFor);
}

/** Null for what is no amount; numbers of 13 digits and more are card numbers in the wrong place. */
export function plausibleAmount(amount: number): number | null {
  return Math.abs(amount) < 1e12 ? amount : null;
}

/** The HTTP status that means the same as a gRPC code (google.rpc.Code). */
function httpOfGrpc(code: number): number {
  const statuses: Partial<Record<number, number>> = {
    ...{ 0: 200, 1: 499, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409 },
    ...{ 11: 400, 12: 501, 14: 503, 16: 401 },
  };
  return statuses[code] ?? 500;
}
