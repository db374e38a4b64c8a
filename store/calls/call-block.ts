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

  set(row: number, value: T): void {
    this.#values.set(row, this.#codes[value]);
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

  encode(to: NativeWriter, rows: number): void {
    this.#values.encode(to, rows);
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

/** Bytes of a call that says something in every column, about; in a small block names weigh more. */
const MOST_BYTES = 320;

/** Calls on their way to ClickHouse, column by column as its Native format has them. */
export class CallBlock {
  readonly columns = makeColumns();
  readonly #list: [string, Column][] = Object.entries(this.columns);
  #rows = 0;
  /** Of the last block that was encoded. */
  #bytesEach = MOST_BYTES;

  get rows(): number {
    return this.#rows;
  }

  /** Ends the row that was set under the number `rows`: columns that were not set in it are blank. */
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
    // A buffer that is given up half empty is twice the work for the garbage collector.
    const to = new NativeWriter(Math.ceil(this.#rows * this.#bytesEach * 1.1) + 16 * 1024);
    const given = this.#list.filter(([, column]) => !column.isBlank);
    to.varuint(given.length);
    to.varuint(this.#rows);
    for (const [name, column] of given) {
      to.string(name);
      to.string(column.type);
      column.encode(to, this.#rows);
    }
    if (this.#rows > 0) this.#bytesEach = Math.min(MOST_BYTES, to.length / this.#rows);
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
  const { columns, rows: row } = block;
  columns.time.set(row, call.time);
  columns.trace_id.set(row, hex(call.traceId));
  columns.span_id.set(row, hex(call.spanId));
  columns.token_hash.set(row, hex(call.tokenHash));
  columns.token_id.set(row, call.tokenId);
  columns.client_id.set(row, call.clientId);
  columns.subject_hash.set(row, hex(call.subjectHash));
  columns.service.set(row, call.service);
  columns.environment.set(row, call.environment);
  columns.token_environment.set(row, call.tokenEnvironment);
  columns.token_issued_at.set(row, call.tokenIssuedAt);
  columns.token_expires_at.set(row, call.tokenExpiresAt);
  columns.token_certificate_sha256.set(row, hex(call.tokenCertificateSha256));
  columns.granted_scopes.set(row, call.grantedScopes);
  columns.scope.set(row, call.scope);
  columns.method.set(row, call.method);
  columns.route.set(row, call.route);
  columns.status.set(row, call.status);
  columns.auth_result.set(row, call.authResult);
  columns.auth_methods.set(row, call.authMethods);
  columns.ip_hash.set(row, hex(call.ipHash));
  columns.country.set(row, call.country);
  columns.asn.set(row, call.asn);
  columns.network_kind.set(row, call.networkKind);
  columns.address_allowed.set(row, call.addressAllowed);
  columns.user_agent.set(row, call.userAgent);
  columns.tls_version.set(row, call.tlsVersion);
  columns.client_cert_sha256.set(row, hex(call.clientCertSha256));
  columns.object_type.set(row, call.objectType);
  columns.object_hash.set(row, hex(call.objectHash));
  columns.object_owner_hash.set(row, hex(call.objectOwnerHash));
  columns.nonce_hash.set(row, hex(call.nonceHash));
  columns.payload_hash.set(row, hex(call.payloadHash));
  columns.stated_at.set(row, call.statedAt);
  columns.request_fields.set(row, call.requestFields);
  columns.amount.set(row, call.amount);
  columns.currency.set(row, call.currency);
  columns.source.set(row, call.source);
  block.endRow();
}
