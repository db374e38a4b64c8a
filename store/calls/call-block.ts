import type {
  AddressAllowed,
  AuthResult,
  Call,
  CallSource,
  NetworkKind,
} from '../../model/call.ts';
import {
  FixedColumn,
  MillisecondsColumn,
  NullableFloatColumn,
  NumberColumn,
  StringColumn,
} from './columns.ts';
import type { Column } from './columns.ts';
import { DictionaryArrayColumn, DictionaryColumn } from './dictionary-columns.ts';
import { NativeWriter } from './native-writer.ts';

const AUTH_RESULTS: Record<AuthResult, number> = { unknown: 0, none: 1, accepted: 2, rejected: 3 };
const SOURCES: Record<CallSource, number> = { otlp: 0, log: 1, import: 2 };
const ADDRESS_ALLOWED: Record<AddressAllowed, number> = { unasked: 0, inside: 1, outside: 2 };
const NETWORK_KINDS: Record<NetworkKind, number> = {
  unknown: 0,
  private: 1,
  residential: 2,
  mobile: 3,
  hosting: 4,
  vpn: 5,
};

/** The values of an Enum8 by their names, for writing and for the column's type. */
class EnumColumn<T extends string> implements Column {
  readonly type: string;
  readonly #codes: Record<T, number>;
  readonly #values = new NumberColumn('UInt8', (length) => new Uint8Array(length));

  constructor(codes: Record<T, number>) {
    this.#codes = codes;
    const names = Object.entries<number>(codes).map(([name, code]) => `'${name}' = ${code}`);
    this.type = `Enum8(${names.join(', ')})`;
  }

  push(value: T): void {
    this.#values.push(this.#codes[value]);
  }

  truncate(rows: number): void {
    this.#values.truncate(rows);
  }

  clear(): void {
    this.#values.clear();
  }

  /** The first of an Enum is what ClickHouse fills in: all of them begin at 0. */
  get isBlank(): boolean {
    return this.#values.isBlank;
  }

  encode(to: NativeWriter): void {
    this.#values.encode(to);
  }
}

const seconds = () =>
  new NumberColumn("DateTime('UTC')", (length: number) => new Uint32Array(length));

/** The columns of `calls`, by their names there; `ingested_at` is left to ClickHouse. */
function makeColumns() {
  return {
    time: new MillisecondsColumn(),
    trace_id: new FixedColumn(16),
    span_id: new FixedColumn(8),
    token_hash: new FixedColumn(32),
    token_id: new StringColumn(),
    client_id: new DictionaryColumn(),
    subject_hash: new FixedColumn(16),
    service: new DictionaryColumn(),
    environment: new DictionaryColumn(),
    token_environment: new DictionaryColumn(),
    token_issued_at: seconds(),
    token_expires_at: seconds(),
    token_certificate_sha256: new FixedColumn(32),
    granted_scopes: new DictionaryArrayColumn(),
    scope: new DictionaryColumn(),
    method: new DictionaryColumn(),
    route: new DictionaryColumn(),
    status: new NumberColumn('UInt16', (length) => new Uint16Array(length)),
    auth_result: new EnumColumn(AUTH_RESULTS),
    auth_methods: new DictionaryArrayColumn(),
    ip_hash: new FixedColumn(16),
    country: new DictionaryColumn(),
    asn: new NumberColumn('UInt32', (length) => new Uint32Array(length)),
    network_kind: new EnumColumn(NETWORK_KINDS),
    address_allowed: new EnumColumn(ADDRESS_ALLOWED),
    user_agent: new DictionaryColumn(),
    tls_version: new DictionaryColumn(),
    client_cert_sha256: new FixedColumn(32),
    object_type: new DictionaryColumn(),
    object_hash: new FixedColumn(16),
    object_owner_hash: new FixedColumn(16),
    nonce_hash: new FixedColumn(16),
    payload_hash: new FixedColumn(16),
    stated_at: seconds(),
    request_fields: new DictionaryArrayColumn(),
    amount: new NullableFloatColumn(),
    currency: new DictionaryColumn(),
    source: new EnumColumn(SOURCES),
  };
}

/** A hash column's bytes, or null for none. */
export type Bytes = Uint8Array | null;

/** Calls on their way to ClickHouse, column by column as its Native format has them. */
export class CallBlock {
  readonly columns = makeColumns();
  readonly #list: [string, Column][] = Object.entries(this.columns);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Says that every column has got its value for one more row. */
  endRow(): void {
    this.#rows++;
  }

  /** Takes back all rows from `rows` on, and half a row where one was begun. */
  truncate(rows: number): void {
    this.#rows = rows;
    for (const [, column] of this.#list) column.truncate(rows);
  }

  clear(): void {
    this.#rows = 0;
    for (const [, column] of this.#list) column.clear();
  }

  /**
   * The block in the Native format, with names and types before each column. Columns in which no row
   * says anything are left out: most senders fill few of them, and they are half of the bytes.
   */
  encode(): Buffer {
    const to = new NativeWriter(this.#rows * 320 + 16 * 1024);
    const given = this.#list.filter(([, column]) => !column.isBlank);
    to.varuint(given.length);
    to.varuint(this.#rows);
    for (const [name, column] of given) {
      to.string(name);
      to.string(column.type);
      column.encode(to);
    }
    return to.finish();
  }
}

/** Names of the columns that a block carries, for the INSERT. */
export const CALL_COLUMNS: readonly string[] = Object.keys(makeColumns());

function hex(text: string): Bytes {
  return text === '' ? null : Buffer.from(text, 'hex');
}

/** Adds one call to a block. */
export function appendCall(block: CallBlock, call: Call): void {
  const { columns } = block;
  columns.time.push(call.time);
  columns.trace_id.push(hex(call.traceId));
  columns.span_id.push(hex(call.spanId));
  columns.token_hash.push(hex(call.tokenHash));
  columns.token_id.push(call.tokenId);
  columns.client_id.push(call.clientId);
  columns.subject_hash.push(hex(call.subjectHash));
  columns.service.push(call.service);
  columns.environment.push(call.environment);
  columns.token_environment.push(call.tokenEnvironment);
  columns.token_issued_at.push(call.tokenIssuedAt);
  columns.token_expires_at.push(call.tokenExpiresAt);
  columns.token_certificate_sha256.push(hex(call.tokenCertificateSha256));
  columns.granted_scopes.push(call.grantedScopes);
  columns.scope.push(call.scope);
  columns.method.push(call.method);
  columns.route.push(call.route);
  columns.status.push(call.status);
  columns.auth_result.push(call.authResult);
  columns.auth_methods.push(call.authMethods);
  columns.ip_hash.push(hex(call.ipHash));
  columns.country.push(call.country);
  columns.asn.push(call.asn);
  columns.network_kind.push(call.networkKind);
  columns.address_allowed.push(call.addressAllowed);
  columns.user_agent.push(call.userAgent);
  columns.tls_version.push(call.tlsVersion);
  columns.client_cert_sha256.push(hex(call.clientCertSha256));
  columns.object_type.push(call.objectType);
  columns.object_hash.push(hex(call.objectHash));
  columns.object_owner_hash.push(hex(call.objectOwnerHash));
  columns.nonce_hash.push(hex(call.nonceHash));
  columns.payload_hash.push(hex(call.payloadHash));
  columns.stated_at.push(call.statedAt);
  columns.request_fields.push(call.requestFields);
  columns.amount.push(call.amount);
  columns.currency.push(call.currency);
  columns.source.push(call.source);
  block.endRow();
}
