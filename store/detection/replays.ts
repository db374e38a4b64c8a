import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import type { Scope } from './scope.ts';
import { andOwnToken } from './shard.ts';

/** Calls with a nonce or an idempotency key. */
export const CONCERNS_NONCE = `c.nonce_hash != toFixedString('', 16) AND ${WITH_TOKEN}`;

/** Nonces of a token that were used again. */
export interface Replay {
  tokenHash: string;
  clientId: string;
  /** Nonces that came again with another body, from another network, and long after, alike. */
  otherPayload: number;
  otherNetwork: number;
  late: number;
  /** The longest time between the first and the last use of one of them, ms. */
  longest: number;
  calls: number;
  /** The first use that was a repetition, and the last; epoch ms. */
  first: number;
  last: number;
}

/**
 * Tokens with a nonce in the look that was used before with another body or from another network,
 * or the same long ago.
 *
 * @param lateAfter ms after which even the same request is no retry
 */
export async function readReplays(db: Db, scope: Scope, lateAfter: number): Promise<Replay[]> {
  return db.query<Replay>(
    `WITH fresh AS (
       SELECT DISTINCT c.nonce_hash AS nonce_hash, c.token_hash AS token_hash
       FROM ${db.database}.${TABLES.calls} AS c WHERE ${scopeSql(scope)} AND ${CONCERNS_NONCE} ${andOwnToken(scope)}
     ),
     uses AS (
       SELECT nonce_hash, token_hash, payload_hash, network, any(client_id) AS client,
         sum(n.calls) AS calls, min(first_seen) AS first, max(last_seen) AS last
       FROM ${db.database}.${TABLES.nonceUses} AS n
       WHERE nonce_hash IN (SELECT nonce_hash FROM fresh) AND (nonce_hash, token_hash) IN (SELECT nonce_hash, token_hash FROM fresh)
         AND first_seen < fromUnixTimestamp64Milli({to:Int64})
       GROUP BY nonce_hash, token_hash, payload_hash, network
     ),
     nonces AS (
       SELECT u.token_hash AS token_hash, u.nonce_hash AS nonce_hash, any(u.client) AS client, sum(u.calls) AS n,
         uniqExactIf(u.payload_hash, u.payload_hash != toFixedString('', 16)) > 1 AS payload,
         uniqExactIf(u.network, u.network != 0) > 1 AS place,
         toUnixTimestamp64Milli(max(u.last)) - toUnixTimestamp64Milli(min(u.first)) AS apart,
         if(count() > 1, arraySort(groupArray(u.first))[2], max(u.last)) AS again, max(u.last) AS latest
       FROM uses AS u GROUP BY u.token_hash, u.nonce_hash
       HAVING payload OR place OR apart > {lateAfter:Int64}
     )
     SELECT lower(hex(token_hash)) AS tokenHash, any(client) AS clientId,
       countIf(payload) AS otherPayload, countIf(place) AS otherNetwork,
       countIf(apart > {lateAfter:Int64} AND NOT payload AND NOT place) AS late, max(apart) AS longest,
       sum(n) AS calls, toUnixTimestamp64Milli(min(again)) AS first,
       toUnixTimestamp64Milli(max(latest)) AS last
     FROM nonces GROUP BY token_hash LIMIT 5000`,
    { ...scopeParams(scope), lateAfter },
  );
}
