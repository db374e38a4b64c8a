import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { ACCEPTED, WITH_TOKEN, scopeParams, scopeSql, sinceADay } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken, ownSql } from './shard.ts';

const NONE = "toFixedString('', 32)";

/** Accepted calls without the certificate that the token says it is bound to, or with another. */
export const CONCERNS_UNBOUND = `c.token_certificate_sha256 != ${NONE}
  AND c.client_cert_sha256 != c.token_certificate_sha256 AND ${ACCEPTED}`;

/** Calls of tokens that are registered with a certificate or with networks. */
export function concernsRegisteredBindings(db: Db): string {
  return `c.token_hash IN (SELECT token_hash FROM ${db.database}.${TABLES.tokenRegistry}
    WHERE client_cert_sha256 != '' OR notEmpty(allowed_networks))`;
}

/** Accepted calls from outside their clients' allow-lists, as the collector saw it. */
export const CONCERNS_OUTSIDE = `c.address_allowed = 'outside' AND ${WITH_TOKEN} AND ${ACCEPTED}`;

/** Calls of a token bound to a certificate that did not come with it. */
export interface UnboundUse {
  tokenHash: string;
  clientId: string;
  service: string;
  /** Epoch ms of the first such call of the last day, and of the last. */
  first: number;
  last: number;
  /** Calls without any certificate, and with another one. */
  missing: number;
  wrong: number;
  /** Whether the service reports any client certificates at all. */
  serviceSees: number;
}

const UNBOUND_USE = `toString(c.service) AS service,
  toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
  countIf(c.client_cert_sha256 = ${NONE}) AS missing,
  countIf(c.client_cert_sha256 != ${NONE}) AS wrong`;

function seers(calls: string): string {
  return `SELECT DISTINCT service FROM ${calls}
    WHERE toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 3600000))
      AND client_cert_sha256 != ${NONE}`;
}

/**
 * A token's own shard asks for its calls. Where the service reports no certificates at all, it is the
 * service that something is said of, and its shard asks for the calls of all tokens.
 */
function ownUse(calls: string, scope: Scope): string {
  const token = ownSql(scope, 'c.token_hash');
  if (token === '1') return '';
  const service = ownSql(scope, 'SHA256(c.service)');
  return `AND (${token} OR (${service} AND c.service NOT IN (${seers(calls)})))`;
}

/** Tokens whose own binding was not kept, by service, with all such calls of the last day. */
export async function readUnboundUse(db: Db, scope: Scope): Promise<UnboundUse[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<UnboundUse>(
    `SELECT lower(hex(c.token_hash)) AS tokenHash, argMin(c.client_id, c.time) AS clientId,
       ${UNBOUND_USE}, c.service IN (${seers(calls)}) AS serviceSees
     FROM ${calls} AS c WHERE ${sinceADay(calls, scope, CONCERNS_UNBOUND, ownUse(calls, scope))}
     GROUP BY c.token_hash, c.service ORDER BY first LIMIT 10000`,
    scopeParams(scope),
  );
}

/** Calls of a registered token from a network that is not on its list. */
export interface ForeignUse {
  tokenHash: string;
  clientId: string;
  first: number;
  last: number;
  calls: number;
  /** The networks, as `AS64500`. */
  networks: string[];
  allowed: string[];
}

/** Registered tokens in a look that broke what they are bound to. */
export async function readRegisteredBindings(
  db: Db,
  scope: Scope,
): Promise<{ unbound: UnboundUse[]; foreign: ForeignUse[] }> {
  const calls = `${db.database}.${TABLES.calls}`;
  const registered = `SELECT token_hash, argMax(client_cert_sha256, version) AS cert,
    argMax(allowed_networks, version) AS allowed FROM ${db.database}.${TABLES.tokenRegistry} GROUP BY token_hash`;
  const from = `FROM ${calls} AS c INNER JOIN (${registered}) AS r ON r.token_hash = c.token_hash
    WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} AND ${concernsRegisteredBindings(db)} AND ${ACCEPTED}`;
  const [unbound, foreign] = await Promise.all([
    db.query<UnboundUse>(
      `SELECT lower(hex(c.token_hash)) AS tokenHash, argMin(c.client_id, c.time) AS clientId,
         ${UNBOUND_USE}, c.service IN (${seers(calls)}) AS serviceSees
       ${from} AND r.cert != '' AND lower(hex(c.client_cert_sha256)) != lower(r.cert)
         ${ownUse(calls, scope)}
       GROUP BY c.token_hash, c.service ORDER BY first LIMIT 10000`,
      scopeParams(scope),
    ),
    db.query<ForeignUse>(
      `SELECT lower(hex(c.token_hash)) AS tokenHash, argMin(c.client_id, c.time) AS clientId,
         toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
         count() AS calls, groupUniqArray(10)(concat('AS', toString(c.asn))) AS networks,
         any(r.allowed) AS allowed
       ${from} AND notEmpty(r.allowed) AND c.asn != 0
         AND NOT has(r.allowed, concat('AS', toString(c.asn))) ${andOwnToken(scope)}
       GROUP BY c.token_hash ORDER BY first LIMIT 10000`,
      scopeParams(scope),
    ),
  ]);
  return { unbound, foreign };
}

/** Calls of a token from addresses outside its client's allow-list. */
export interface OutsideUse {
  tokenHash: string;
  clientId: string;
  /** Epoch ms of the first such call of the last day, and of the last. */
  first: number;
  last: number;
  calls: number;
  /** Distinct addresses. */
  addresses: number;
  /** Where the first of them is: `AS64500`, else `DE`, else empty. */
  place: string;
  /** `AS64500`, and `DE`, where they are known. */
  networks: string[];
  countries: string[];
  /** How many of the calls came from private addresses. */
  fromPrivate: number;
}

/** Tokens that were used from outside their client's allow-list, with all such calls of the last day. */
export async function readOutsideUse(db: Db, scope: Scope): Promise<OutsideUse[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<OutsideUse>(
    `SELECT lower(hex(c.token_hash)) AS tokenHash, toString(c.client_id) AS clientId,
       toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
       count() AS calls, uniq(c.ip_hash) AS addresses,
       argMin(if(c.asn = 0, toString(c.country), concat('AS', toString(c.asn))), c.time) AS place,
       groupUniqArrayIf(10)(concat('AS', toString(c.asn)), c.asn != 0) AS networks,
       groupUniqArrayIf(10)(toString(c.country), c.country != '') AS countries,
       countIf(c.network_kind = 'private') AS fromPrivate
     FROM ${calls} AS c WHERE ${sinceADay(calls, scope, CONCERNS_OUTSIDE)}
     GROUP BY c.token_hash, c.client_id ORDER BY first LIMIT 10000`,
    scopeParams(scope),
  );
}

/** A token that came with a certificate that it had never shown. */
export interface NewCertificate {
  tokenHash: string;
  clientId: string;
  /** Lower-case hex. */
  certificate: string;
  /** Its first call with it, epoch ms. */
  time: number;
  /** Certificates that it showed before, since when (epoch ms) and in how many calls. */
  knownCalls: number;
  knownSince: number;
  /** 1 where another token showed it before the look, else 0. */
  siblings: number;
}

/** Tokens that showed a certificate for the first time in a look, and others before. */
export async function readNewCertificates(db: Db, scope: Scope): Promise<NewCertificate[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  const table = `${db.database}.${TABLES.tokenCertificates}`;
  return db.query<NewCertificate>(
    `WITH pairs AS (
       SELECT token_hash, client_cert_sha256 AS cert, any(client_id) AS client,
         min(first_seen) AS seen, sum(t.calls) AS n
       FROM ${table} AS t
       WHERE token_hash IN (SELECT c.token_hash FROM ${calls} AS c WHERE ${scopeSql(scope)}
         AND ${CONCERNS_CERTIFIED} ${andOwnToken(scope)})
       GROUP BY token_hash, cert
     ),
     fresh AS (SELECT * FROM pairs WHERE seen >= fromUnixTimestamp64Milli({from:Int64})
       AND seen < fromUnixTimestamp64Milli({to:Int64}))
     SELECT lower(hex(f.token_hash)) AS tokenHash, any(f.client) AS clientId,
       lower(hex(f.cert)) AS certificate, toUnixTimestamp64Milli(any(f.seen)) AS time,
       sum(p.n) AS knownCalls, toUnixTimestamp64Milli(min(p.seen)) AS knownSince,
       toUInt32(f.cert IN (SELECT s.client_cert_sha256 FROM ${table} AS s
         WHERE s.client_cert_sha256 IN (SELECT cert FROM fresh)
           AND s.first_seen < fromUnixTimestamp64Milli({from:Int64}))) AS siblings
     FROM fresh AS f INNER JOIN pairs AS p ON p.token_hash = f.token_hash
     WHERE p.seen < f.seen GROUP BY f.token_hash, f.cert LIMIT 1000`,
    scopeParams(scope),
  );
}

/** Calls with a certificate of a token that is not bound to one. */
export const CONCERNS_CERTIFIED = `c.client_cert_sha256 != ${NONE}
  AND c.token_certificate_sha256 = ${NONE} AND ${WITH_TOKEN}`;
