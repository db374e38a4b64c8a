import { createHash } from 'node:crypto';
import type { Call } from '../../model/call.ts';
import { emptyCall } from '../../model/call.ts';
import type { TokenHash } from '../../model/hash.ts';
import type { Db } from '../../store/db.ts';
import { insertHashed } from '../../store/insert-hashed.ts';

/** A call as tests insert it: with its time of arrival, when that is not now. */
export type TestCall = Partial<Call> & { time: number; ingestedAt?: number };

/** The hash of a token by a name that a test gives it. */
export function tokenNamed(name: string): TokenHash {
  return createHash('sha256').update(name).digest('hex') as TokenHash;
}

const COLUMNS = {
  time: 'Int64',
  ingested_at: 'Int64',
  trace_id: 'String',
  token_hash: 'String',
  client_id: 'String',
  subject_hash: 'String',
  service: 'String',
  environment: 'String',
  token_environment: 'String',
  token_issued_at: 'UInt32',
  token_expires_at: 'UInt32',
  token_certificate_sha256: 'String',
  client_cert_sha256: 'String',
  granted_scopes: 'Array(String)',
  scope: 'String',
  method: 'String',
  route: 'String',
  status: 'UInt16',
  auth_result: 'String',
  tls_version: 'String',
  nonce_hash: 'String',
  payload_hash: 'String',
  stated_at: 'UInt32',
  ip_hash: 'String',
  country: 'String',
  asn: 'UInt32',
  network_kind: 'String',
  address_allowed: 'String',
  user_agent: 'String',
  object_hash: 'String',
  object_type: 'String',
  amount: 'Nullable(Float64)',
  currency: 'String',
} as const;

/** Inserts calls as rows, without the collector; those without `ingestedAt` arrive now. */
export async function insertTestCalls(db: Db, calls: readonly TestCall[]): Promise<void> {
  const now = Date.now();
  for (let start = 0; start < calls.length; start += 50_000) {
    const rows = calls.slice(start, start + 50_000).map((given) => {
      const call = { ...emptyCall(given.time, 'otlp'), ...given };
      return {
        time: Math.round(call.time),
        ingested_at: Math.round(given.ingestedAt ?? now),
        trace_id: call.traceId,
        token_hash: call.tokenHash,
        client_id: call.clientId,
        subject_hash: call.subjectHash,
        service: call.service,
        environment: call.environment,
        token_environment: call.tokenEnvironment,
        token_issued_at: call.tokenIssuedAt,
        token_expires_at: call.tokenExpiresAt,
        token_certificate_sha256: call.tokenCertificateSha256,
        client_cert_sha256: call.clientCertSha256,
        granted_scopes: call.grantedScopes,
        scope: call.scope,
        method: call.method,
        route: call.route,
        status: call.status,
        auth_result: call.authResult,
        tls_version: call.tlsVersion,
        nonce_hash: call.nonceHash,
        payload_hash: call.payloadHash,
        stated_at: call.statedAt,
        ip_hash: call.ipHash,
        country: call.country,
        asn: call.asn,
        network_kind: call.networkKind,
        address_allowed: call.addressAllowed,
        user_agent: call.userAgent,
        object_hash: call.objectHash,
        object_type: call.objectType,
        amount: call.amount,
        currency: call.currency,
      };
    });
    await insertHashed(
      db,
      {
        table: 'calls',
        columns: COLUMNS,
        hashes: [
          ...['trace_id', 'token_hash', 'subject_hash', 'ip_hash', 'object_hash'],
          ...['token_certificate_sha256', 'client_cert_sha256', 'nonce_hash', 'payload_hash'],
        ],
        times: ['time', 'ingested_at'],
      },
      rows,
    );
  }
}

/** A small seeded generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
