import type { AuthResult } from '../../model/call.ts';
import type { CallBlock } from '../../store/calls/call-block.ts';
import type { ByteCache } from '../reading/byte-cache.ts';
import { NO_ADDRESS } from '../reading/caches.ts';
import type { Caches } from '../reading/caches.ts';
import { allowedAt, plausibleAmount } from '../reading/call-reader.ts';
import type { MaskKind, MaskedText } from '../reading/mask.ts';
import type { TokenAliases } from '../rotation/token-aliases.ts';
import { OTHER_ROUTE, pathKind } from '../reading/route-cap.ts';
import type { RouteKind } from '../reading/route-cap.ts';
import { UNNAMED } from '../reading/raw-values.ts';
import type { ImportedCall } from './line.ts';

/** Told of every value that was masked: whose, for which column of `calls`, and what it looked like. */
export type OnMasked = (service: string, field: string, kinds: readonly MaskKind[]) => void;

/** Reads a value for a column of `calls`, masked. */
type ReadText = (field: string, cache: ByteCache<MaskedText>, value: string | undefined) => string;

export interface ImportedOptions {
  caches: Caches;
  aliases: TokenAliases;
  onMasked: OnMasked;
  /** Whether there is room for a route among those of its service. */
  admits: (service: string, route: string, kind: RouteKind) => boolean;
}

/** Adds an imported call to a block: hashed, located and masked as one that came by OTLP. */
export function appendImported(
  block: CallBlock,
  call: ImportedCall,
  { caches, aliases, onMasked, admits }: ImportedOptions,
): void {
  const { columns, rows: row } = block;
  const service = read(caches.service, call.service)?.text || UNNAMED;
  const text: ReadText = (field, cache, value) => {
    if (value === undefined || value === '') return '';
    const kept = cache.getText(value);
    if (kept.masked.length > 0) onMasked(service, field, kept.masked);
    return kept.text;
  };
  const texts = (field: string, values: readonly string[] | undefined): readonly string[] =>
    (values ?? []).slice(0, 128).map((value) => text(field, caches.scope, value));

  columns.time.set(row, call.time);
  columns.source.set(row, 'import');
  const client = appendCredential(block, call, { caches, aliases }, text);
  columns.granted_scopes.set(row, texts('granted_scopes', call.granted_scopes));
  columns.service.set(row, text('service', caches.service, call.service));
  columns.environment.set(row, text('environment', caches.environment, call.environment));
  columns.scope.set(row, text('scope', caches.scope, call.scope));
  columns.method.set(row, read(caches.method, call.method)?.text ?? '');
  const reported = text('route', caches.route, call.route);
  const route = reported || (read(caches.path, call.path)?.text ?? '');
  const kind = reported === '' ? pathKind(call.status ?? 0) : 'reported';
  columns.route.set(row, route === '' || admits(service, route, kind) ? route : OTHER_ROUTE);
  columns.status.set(row, call.status ?? 0);
  columns.user_agent.set(row, text('user_agent', caches.userAgent, call.user_agent));
  columns.request_fields.set(row, texts('request_fields', call.fields));
  columns.nonce_hash.set(row, read(caches.nonce, call.nonce));
  columns.stated_at.set(row, call.stated_at ?? 0);
  appendNetwork(block, call, client, caches);
  columns.object_type.set(row, text('object_type', caches.objectType, call.object_type));
  columns.object_hash.set(row, read(caches.object, call.object));
  columns.object_owner_hash.set(row, read(caches.subject, call.object_owner));
  columns.amount.set(row, plausibleAmount(call.amount ?? Number.NaN));
  columns.currency.set(row, read(caches.currency, call.currency) ?? '');
  block.endRow();
}

function read<V>(cache: ByteCache<V>, value: string | undefined): V | null {
  return value === undefined || value === '' ? null : cache.getText(value);
}

/** What came with the call and of whom; the client under the name that is kept. */
function appendCredential(
  { columns, rows: row }: CallBlock,
  call: ImportedCall,
  { caches, aliases }: Pick<ImportedOptions, 'caches' | 'aliases'>,
  text: ReadText,
): string {
  const presented = call.token_hash === undefined ? read(caches.credential, call.token) : null;
  const hash = aliases.resolve(read(caches.tokenHash, call.token_hash) ?? presented);
  const claims = presented?.claims ?? null;
  columns.token_hash.set(row, hash);
  columns.token_id.set(row, claims?.id ?? '');
  const client = text('client_id', caches.clientId, call.client) || (claims?.clientId ?? '');
  columns.client_id.set(row, client);
  columns.subject_hash.set(row, read(caches.subject, call.subject) ?? claims?.subject ?? null);
  columns.token_environment.set(
    row,
    text('token_environment', caches.environment, call.token_environment) ||
      (claims?.environment ?? ''),
  );
  columns.token_issued_at.set(row, call.token_issued_at ?? claims?.issuedAt ?? 0);
  columns.token_expires_at.set(row, call.token_expires_at ?? claims?.expiresAt ?? 0);
  columns.token_certificate_sha256.set(
    row,
    read(caches.cert, call.token_certificate_sha256) ?? claims?.certificate ?? null,
  );
  columns.auth_result.set(
    row,
    authResult(read(caches.authResult, call.auth_result), hash, call.status),
  );
  return client;
}

function authResult(
  said: AuthResult | null,
  hash: Uint8Array | null,
  status: number | undefined,
): AuthResult {
  if (said !== null && said !== 'unknown') return said;
  if (hash === null || status === undefined || status === 0) return 'unknown';
  return status === 401 ? 'rejected' : 'accepted';
}

function appendNetwork(
  { columns, rows: row }: CallBlock,
  call: ImportedCall,
  client: string,
  caches: Caches,
): void {
  const address = read(caches.address, call.ip) ?? NO_ADDRESS;
  columns.ip_hash.set(row, address.hash);
  columns.country.set(row, read(caches.country, call.country) || address.country);
  columns.asn.set(row, address.asn);
  columns.network_kind.set(row, address.kind);
  columns.address_allowed.set(row, allowedAt(caches, client, address));
  columns.tls_version.set(row, read(caches.tls, call.tls_version)?.text ?? '');
  columns.client_cert_sha256.set(row, read(caches.cert, call.client_cert_sha256));
}
