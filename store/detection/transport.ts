import type { Db, Params } from '../db.ts';
import { TABLES } from '../tables.ts';
import { ACCEPTED, scopeParams, scopeSql, sinceADay } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnService } from './shard.ts';

/**
 * Answered calls below the policy's TLS, or without any where the address is a public one: a call
 * from a private network has usually passed a proxy that ended TLS. Parameters `minTls`, `requireTls`.
 */
export const CONCERNS_TRANSPORT = `c.status < 400 AND c.tls_version != '' AND (
    (c.tls_version = 'none' AND {requireTls:Bool} AND c.network_kind NOT IN ('private', 'unknown'))
    OR (c.tls_version != 'none' AND toFloat64OrZero(c.tls_version) < toFloat64({minTls:String})))`;

/** Calls of one service over one weak transport. */
export interface WeakTransport {
  service: string;
  environment: string;
  /** `none` for plain HTTP. */
  version: string;
  /** Epoch ms. */
  first: number;
  last: number;
  calls: number;
  tokens: number;
  clients: string[];
}

/** Services that answered over less than the policy's TLS. */
export async function readWeakTransport(
  db: Db,
  scope: Scope,
  policy: Params,
): Promise<WeakTransport[]> {
  return db.query<WeakTransport>(
    `SELECT service, environment, tls_version AS version, count() AS calls,
       toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
       uniqIf(token_hash, token_hash != toFixedString('', 32)) AS tokens,
       topKIf(5)(toString(client_id), client_id != '') AS clients
     FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} AND ${CONCERNS_TRANSPORT} ${andOwnService(scope)}
     GROUP BY service, environment, version ORDER BY first LIMIT 1000`,
    { ...scopeParams(scope), ...policy },
  );
}

/** Methods (RFC 8176) that are, or come with, a second factor. */
const SECOND = [
  'mfa',
  'mca',
  'otp',
  'sms',
  'tel',
  'hwk',
  'swk',
  'sc',
  'fpt',
  'face',
  'iris',
  'vbm',
  'retina',
];

/**
 * Accepted calls with a sensitive scope by a person who logged in with one factor only. Where the
 * token does not say how its holder logged in (programs have no factors), nothing is concluded.
 */
export const CONCERNS_ONE_FACTOR = `notEmpty(c.auth_methods) AND match(c.scope, {sensitiveScopes:String})
  AND NOT hasAny(c.auth_methods, [${SECOND.map((name) => `'${name}'`).join(', ')}]) AND ${ACCEPTED}`;

/** Use of a sensitive scope by a token. */
export interface OneFactorUse {
  tokenHash: string;
  clientId: string;
  scope: string;
  methods: string[];
  first: number;
  last: number;
  calls: number;
}

/** Tokens that used a sensitive scope without a second factor, with all such calls of the last day. */
export async function readOneFactorUse(
  db: Db,
  scope: Scope,
  policy: Params,
): Promise<OneFactorUse[]> {
  const calls = `${db.database}.${TABLES.calls}`;
  return db.query<OneFactorUse>(
    `SELECT lower(hex(c.token_hash)) AS tokenHash, argMin(c.client_id, c.time) AS clientId,
       toString(c.scope) AS scope, groupUniqArrayArray(10)(c.auth_methods) AS methods,
       toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
       count() AS calls
     FROM ${calls} AS c WHERE ${sinceADay(calls, scope, CONCERNS_ONE_FACTOR)}
     GROUP BY c.token_hash, c.scope ORDER BY first LIMIT 10000`,
    { ...scopeParams(scope), ...policy },
  );
}
