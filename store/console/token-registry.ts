import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';

/** What an issuer says of a token. Empty text, empty lists and 0 mean that it does not say. */
export interface RegisteredToken {
  tokenHash: string;
  clientId: string;
  environment: string;
  grantedScopes: string[];
  /** Epoch ms. */
  issuedAt: number;
  expiresAt: number;
  revokedAt: number;
  /** Lower-case hex; the token is bound to this certificate. */
  clientCertSha256: string;
  /** The only networks that it may come from, `AS64500`. */
  allowedNetworks: string[];
  registeredBy: string;
}

const COLUMNS = {
  ...{ token_hash: 'String', version: 'UInt64', client_id: 'String', environment: 'String' },
  ...{ granted_scopes: 'Array(String)', issued_at: 'Int64', expires_at: 'Int64' },
  ...{ revoked_at: 'Int64', client_cert_sha256: 'String', allowed_networks: 'Array(String)' },
  registered_by: 'String',
} as const;

/**
 * Keeps what an issuer says of a token; it replaces what was said before.
 *
 * @param at epoch ms; of two writes the later one counts
 */
export async function registerToken(db: Db, token: RegisteredToken, at: number): Promise<void> {
  const times = ['issued_at', 'expires_at', 'revoked_at'];
  const insert = { table: TABLES.tokenRegistry, columns: COLUMNS, hashes: ['token_hash'], times };
  await insertHashed(db, insert, [
    {
      token_hash: token.tokenHash,
      version: Math.round(at),
      client_id: token.clientId,
      environment: token.environment,
      granted_scopes: token.grantedScopes,
      issued_at: token.issuedAt,
      expires_at: token.expiresAt,
      revoked_at: token.revokedAt,
      client_cert_sha256: token.clientCertSha256,
      allowed_networks: token.allowedNetworks,
      registered_by: token.registeredBy,
    },
  ]);
}

/** What issuers say of a token, or null when none said anything. */
export async function readRegisteredToken(
  db: Db,
  tokenHash: string,
): Promise<RegisteredToken | null> {
  const [row] = await db.query<RegisteredToken>(
    `SELECT lower(hex(r.token_hash)) AS tokenHash, r.client_id AS clientId,
       r.environment AS environment, r.granted_scopes AS grantedScopes,
       toUnixTimestamp64Milli(r.issued_at) AS issuedAt,
       toUnixTimestamp64Milli(r.expires_at) AS expiresAt,
       toUnixTimestamp64Milli(r.revoked_at) AS revokedAt,
       r.client_cert_sha256 AS clientCertSha256, r.allowed_networks AS allowedNetworks,
       r.registered_by AS registeredBy
     FROM ${db.database}.${TABLES.tokenRegistry} AS r
     WHERE r.token_hash = unhex({tokenHash:String}) ORDER BY r.version DESC LIMIT 1`,
    { tokenHash },
  );
  return row ?? null;
}
