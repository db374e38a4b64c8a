import type { BlastRadius } from '../../model/blast-radius.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

const DAY = 86_400_000;

interface UseRow {
  token: string;
  route: string;
  service: string;
  n: number;
}

interface TokenRow {
  token: string;
  token_id: string;
  others: number;
}

/** Several tokens as a set that `token_hash IN` takes; the parameter holds hex. */
const TOKENS = '(SELECT toFixedString(unhex(arrayJoin({tokens:Array(String)})), 32))';

/** Each token's public id, and how many others of its client live: seen, not expired, not revoked. */
async function readTokens(
  db: Db,
  params: { tokens: string[]; since: number; now: number },
): Promise<TokenRow[]> {
  return db.query<TokenRow>(
    `WITH dead AS (SELECT token_hash FROM ${db.database}.${TABLES.tokenRegistry} FINAL
                     WHERE toUnixTimestamp64Milli(revoked_at) BETWEEN 1 AND {now:Int64}),
            live AS (SELECT client_id, groupArray(token_hash) AS hashes FROM ${db.database}.${TABLES.tokens}
                     WHERE last_seen >= fromUnixTimestamp64Milli({since:Int64}) AND client_id != ''
                       AND (toUnixTimestamp(expires_at) = 0 OR toUnixTimestamp(expires_at) * 1000 > {now:Int64})
                       AND token_hash NOT IN dead
                     GROUP BY client_id)
       SELECT lower(hex(t.token_hash)) AS token, t.token_id AS token_id,
              toInt64(length(live.hashes) - has(live.hashes, t.token_hash)) AS others
       FROM ${db.database}.${TABLES.tokens} AS t LEFT JOIN live ON live.client_id = t.client_id
       WHERE t.token_hash IN ${TOKENS}`,
    params,
  );
}

/**
 * What revoking each token would hit, from the calls of the last 24 hours.
 *
 * @param tokenHashes lower-case hex; a few thousand at most
 * @param now epoch ms
 * @returns by token hash; tokens without calls have zeros
 */
export async function readBlastRadius(
  db: Db,
  tokenHashes: readonly string[],
  now: number,
): Promise<Map<string, BlastRadius>> {
  const tokens = [...new Set(tokenHashes)].filter((hash) => /^[0-9a-f]{64}$/.test(hash));
  if (tokens.length === 0) return new Map();
  const params = { tokens, since: now - DAY };
  const [uses, facts] = await Promise.all([
    // The key begins with the hour, so it is asked of as well: `time` alone prunes nothing.
    db.query<UseRow>(
      `SELECT lower(hex(token_hash)) AS token, toString(route) AS route, toString(service) AS service, count() AS n
       FROM ${db.database}.${TABLES.calls}
       WHERE toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}))
         AND time >= fromUnixTimestamp64Milli({since:Int64}) AND token_hash IN ${TOKENS}
       GROUP BY token, route, service ORDER BY n DESC LIMIT 50 BY token`,
      params,
    ),
    readTokens(db, { ...params, now }),
  ]);
  const radius = new Map<string, BlastRadius>(
    tokens.map((token) => [
      token,
      { callsPerDay: 0, routes: [], services: [], otherLiveTokens: 0, tokenId: '' },
    ]),
  );
  for (const { token, route, service, n } of uses) {
    const one = radius.get(token);
    if (one === undefined) continue;
    one.callsPerDay += n;
    if (one.routes.length < 20) one.routes.push({ route, callsPerDay: n });
    if (!one.services.includes(service)) one.services.push(service);
  }
  for (const { token, token_id: tokenId, others } of facts) {
    const one = radius.get(token);
    if (one !== undefined) Object.assign(one, { tokenId, otherLiveTokens: others });
  }
  return radius;
}
