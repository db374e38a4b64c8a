import type { AddressAllowed, AuthResult, CallSource } from '../../model/call.ts';
import type { CallBlock } from '../../store/calls/call-block.ts';
import { keyText } from '../../store/calls/dictionary-columns.ts';
import type { RawCall } from '../otlp/read-request.ts';
import type { TokenAliases } from '../rotation/token-aliases.ts';
import { GROUPS, SLOTS } from '../otlp/slots.ts';
import type { Caches, CleanText, KeptAddress, KeptClaims, KeptToken, RouteText } from './caches.ts';
import { CallerValues } from './caller-values.ts';
import { UNNAMED } from './raw-values.ts';
import { HOSTS, OTHER_ROUTE, RouteCap, pathKind } from './route-cap.ts';
import type { RouteKind } from './route-cap.ts';
import { saysLess } from './route.ts';
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

type Columns = CallBlock['columns'];

const NO_TEXT: CleanText = { ...keyText(''), masked: [], isBroken: false, isLong: false };
const NO_NAME = keyText(UNNAMED);
const NO_TLS = keyText('none');

/**
 * Turns what was located in a body into rows: the only place where attributes become a call. What a
 * call does not say costs nothing: its columns are not set, and groups of concepts that few senders
 * name are passed by together. Most of what remains is waiting for memory, in the caches of tokens and
 * addresses.
 */
export class CallReader extends CallerValues {
  readonly #options: CallReaderOptions;
  readonly #routes = new RouteCap();
  #arrived = 0;
  #client = '';
  #status = 0;
  /** The host that the call was for has no room among the others. */
  #isHostCapped = false;

  constructor(options: CallReaderOptions) {
    super(options.caches, options.tally, options.trustedHops);
    this.#options = options;
  }

  /**
   * Adds one call to the block.
   *
   * @param arrived epoch ms, kept in place of a time that cannot be right
   */
  append(raw: RawCall, block: CallBlock, source: CallSource, arrived: number): void {
    const { columns, rows } = block;
    this.turnTo(raw, source === 'log');
    this.row = rows;
    this.#arrived = arrived;
    this.#status = this.#readStatus();
    columns.source.set(rows, source);
    if (raw.traceIdAt >= 0) columns.trace_id.set(rows, raw.bytes, raw.traceIdAt);
    if (raw.spanIdAt >= 0) columns.span_id.set(rows, raw.bytes, raw.spanIdAt);
    this.#setService(columns);
    // Now that it is known whose clock it is.
    columns.time.set(rows, this.#time(raw.time, arrived));
    this.#setCredential(columns);
    this.#setRequest(columns);
    this.#setNetwork(columns);
    if (this.says(GROUPS.replay)) this.#setReplay(columns);
    if (this.says(GROUPS.object)) this.#setObject(columns);
    block.endRow();
  }

  #time(time: number, arrived: number): number {
    const { maxFuture, maxPast, tally } = this.#options;
    if (time > 0 && time <= arrived + maxFuture && time >= arrived - maxPast) return time;
    const reason = time <= 0 ? 'no_time' : time > arrived ? 'future_time' : 'past_time';
    tally.adjusted(reason, this.service);
    return arrived;
  }

  #setService(columns: Columns): void {
    const { service: names, environment } = this.caches;
    this.#isHostCapped = false;
    const service = this.get(names, SLOTS.service) ?? this.#host() ?? NO_TEXT;
    this.service = service.text === '' ? UNNAMED : service.text;
    columns.service.setKey(this.row, this.kept('service', service) === '' ? NO_NAME : service);
    this.setText(columns.environment, 'environment', environment, SLOTS.environment);
  }

  /** Where the sender has no name, the host that a proxy was asked for, as far as there is room. */
  #host(): CleanText | null {
    const host = this.get(this.caches.service, SLOTS.authority);
    if (host === null) return null;
    const kind = pathKind(this.#status);
    this.#isHostCapped = !this.#routes.admits(HOSTS, host.text, kind, this.#arrived);
    return this.#isHostCapped ? null : host;
  }

  #setCredential(columns: Columns): void {
    const { caches, row } = this;
    const sent = this.get(caches.tokenHash, SLOTS.tokenHash);
    if (sent !== null) this.mask('token_hash', sent.masked);
    const presented = this.get(caches.credential, SLOTS.credential);
    const hash = this.#tokenHash(sent ?? presented);
    const claims = presented?.claims ?? null;
    if (claims !== null) this.mask('claims', claims.masked);
    columns.token_hash.set(row, hash);
    columns.auth_result.set(row, this.#authResult(hash !== null));
    const client = this.get(caches.clientId, SLOTS.clientId);
    this.#client = client === null ? '' : this.kept('client_id', client);
    if (this.#client !== '' && client !== null) columns.client_id.setKey(row, client);
    const environment = columns.token_environment;
    const isSaid = this.setText(
      ...([environment, 'token_environment', caches.environment, SLOTS.tokenEnvironment] as const),
    );
    const granted = this.texts('granted_scopes', SLOTS.tokenScopes);
    columns.granted_scopes.setKeys(row, granted);
    if (claims !== null) {
      if (!isSaid) environment.set(row, claims.environment);
      if (granted.length === 0) columns.granted_scopes.set(row, claims.scopes);
      if (this.#client === '') {
        this.#client = claims.clientId;
        columns.client_id.set(row, claims.clientId);
      }
    }
    if (claims !== null || this.says(GROUPS.token)) this.#setToken(columns, claims);
  }

  /** What a token says of itself, and its service of it: few senders do. */
  #setToken(columns: Columns, claims: KeptClaims | null): void {
    const { caches, row } = this;
    columns.token_id.set(
      row,
      this.text('token_id', caches.id, SLOTS.tokenId) || (claims?.id ?? ''),
    );
    columns.token_issued_at.set(row, this.seconds(SLOTS.tokenIssuedAt) || (claims?.issuedAt ?? 0));
    columns.token_expires_at.set(
      row,
      this.seconds(SLOTS.tokenExpiresAt) || (claims?.expiresAt ?? 0),
    );
    columns.token_certificate_sha256.set(
      row,
      this.get(caches.cert, SLOTS.tokenCertificate) ?? claims?.certificate ?? null,
    );
    const subject = this.get(caches.subject, SLOTS.subjectHash);
    columns.subject_hash.set(
      row,
      subject ?? this.get(caches.subject, SLOTS.subject) ?? claims?.subject ?? null,
    );
    const methods = this.texts('auth_methods', SLOTS.authMethods);
    if (methods.length > 0) columns.auth_methods.setKeys(row, methods);
    else columns.auth_methods.set(row, claims?.authMethods ?? []);
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

  /** What the service said; else 401 rejects a token that was presented and any other status does not. */
  #authResult(hasToken: boolean): AuthResult {
    const said = this.get(this.caches.authResult, SLOTS.authResult);
    if (said !== null && said !== 'unknown') return said;
    const status = this.#status;
    if (!hasToken || status === 0) return 'unknown';
    return status === 401 ? 'rejected' : 'accepted';
  }

  #setRequest(columns: Columns): void {
    const { caches, row } = this;
    this.setText(columns.scope, 'scope', caches.scope, SLOTS.scope);
    const method = this.get(caches.method, SLOTS.method);
    if (method !== null) columns.method.setKey(row, method);
    if (this.slot(SLOTS.method) === -1 && this.slot(SLOTS.rpcService) !== -1) {
      columns.method.set(row, 'POST');
      columns.route.set(row, this.#rpcRoute());
    } else {
      this.#setRoute(columns);
    }
    columns.status.set(row, this.#status);
    this.setText(columns.user_agent, 'user_agent', caches.userAgent, SLOTS.userAgent);
    columns.request_fields.setKeys(row, this.texts('request_fields', SLOTS.requestFields));
  }

  /** What tells a request from one that is sent again. */
  #setReplay(columns: Columns): void {
    const { caches, row } = this;
    columns.nonce_hash.set(
      row,
      this.get(caches.nonce, SLOTS.nonceHash) ?? this.get(caches.nonce, SLOTS.nonce),
    );
    columns.payload_hash.set(row, this.get(caches.payload, SLOTS.payloadHash));
    columns.stated_at.set(row, this.get(caches.stated, SLOTS.statedAt) ?? 0);
  }

  #setRoute(columns: Columns): void {
    const reported = this.get(this.caches.route, SLOTS.route);
    const route = reported === null ? '' : this.kept('route', reported);
    if (reported?.isTemplate === true) {
      this.#admit(columns, reported, 'reported');
      return;
    }
    // What is masked in a raw path is what the template is for: nobody needs to be told.
    const path = this.get(this.caches.path, SLOTS.path);
    if (reported !== null && route !== '' && !saysLess(route, path?.text ?? '')) {
      this.#admit(columns, reported, 'reported');
    } else if (path !== null && path.text !== '') {
      this.#admit(columns, path, pathKind(this.#status));
    }
  }

  /** Writes a route for which there is room, or that there was none. */
  #admit(columns: Columns, route: RouteText, kind: RouteKind): void {
    const room = this.#routes.room(this.service, kind, this.#arrived);
    const hasRoom =
      !this.#isHostCapped &&
      (route.room === room.number || this.#routes.admitsTo(room, route.text, kind));
    if (hasRoom) {
      route.room = room.number;
      columns.route.setKey(this.row, route);
    } else {
      this.tally.adjusted('route_cap');
      columns.route.set(this.row, OTHER_ROUTE);
    }
  }

  #admitted(route: string): string {
    const hasRoom =
      !this.#isHostCapped && this.#routes.admits(this.service, route, 'reported', this.#arrived);
    if (hasRoom) return route;
    this.tally.adjusted('route_cap');
    return OTHER_ROUTE;
  }

  /** `rpc.method` may hold the whole name already. */
  #rpcRoute(): string {
    const service = this.text('route', this.caches.scope, SLOTS.rpcService);
    const method = this.text('route', this.caches.scope, SLOTS.rpcMethod);
    const route = method.includes('/') ? `/${method}` : `/${service}/${method}`;
    return this.#admitted(route);
  }

  #readStatus(): number {
    const status = this.number(SLOTS.status);
    if (status >= 100 && status <= 999) return Math.floor(status);
    const slot = this.slot(SLOTS.rpcStatus);
    return slot === -1 ? 0 : httpOfGrpc(this.number(SLOTS.rpcStatus));
  }

  #setNetwork(columns: Columns): void {
    const { caches, row } = this;
    const address = this.address();
    columns.ip_hash.set(row, address.hash);
    columns.country.set(row, address.country || (this.get(caches.country, SLOTS.country) ?? ''));
    columns.asn.set(row, address.asn);
    columns.network_kind.set(row, address.kind);
    columns.address_allowed.set(row, allowedAt(caches, this.#client, address));
    const tls = this.get(caches.tls, SLOTS.tlsVersion);
    if (tls !== null && tls.text !== '') columns.tls_version.setKey(row, tls);
    else if (this.isPlain()) columns.tls_version.setKey(row, NO_TLS);
    columns.client_cert_sha256.set(row, this.get(caches.cert, SLOTS.clientCert));
  }

  #setObject(columns: Columns): void {
    const { caches, row } = this;
    this.setText(columns.object_type, 'object_type', caches.objectType, SLOTS.objectType);
    columns.object_hash.set(row, this.get(caches.object, SLOTS.objectHash));
    columns.object_owner_hash.set(row, this.get(caches.subject, SLOTS.objectOwnerHash));
    const amount = this.slot(SLOTS.amount) === -1 ? Number.NaN : this.number(SLOTS.amount);
    columns.amount.set(row, plausibleAmount(amount));
    columns.currency.set(row, this.get(caches.currency, SLOTS.currency) ?? '');
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
