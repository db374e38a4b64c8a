import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

const DAY = 86_400_000;

/** What cutting off a client would hit, from the calls of the last 24 hours. */
export interface ClientReach {
  callsPerDay: number;
  /** Tokens that made calls. */
  liveTokens: number;
  /** Busiest first, at most 20. */
  routes: { route: string; callsPerDay: number }[];
  services: string[];
}

/**
 * The reach of all tokens of a client together.
 *
 * @param now epoch ms
 */
export async function readClientReach(db: Db, clientId: string, now: number): Promise<ClientReach> {
  const since = now - DAY;
  // The key begins with the hour, so it is asked of as well: `time` alone prunes nothing.
  const mine = `client_id = {clientId:String} AND time >= fromUnixTimestamp64Milli({since:Int64})
    AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}))`;
  const [routes, [whole]] = await Promise.all([
    db.query<{ route: string; callsPerDay: number }>(
      `SELECT route, count() AS callsPerDay FROM ${db.database}.${TABLES.calls}
       WHERE ${mine} GROUP BY route ORDER BY callsPerDay DESC, route LIMIT 20`,
      { clientId, since },
    ),
    db.query<Omit<ClientReach, 'routes'>>(
      `SELECT count() AS callsPerDay, uniqExactIf(token_hash, token_hash != toFixedString('', 32)) AS liveTokens,
         arraySort(groupUniqArray(50)(toString(service))) AS services
       FROM ${db.database}.${TABLES.calls} WHERE ${mine}`,
      { clientId, since },
    ),
  ]);
  return { callsPerDay: 0, liveTokens: 0, services: [], ...whole, routes };
}
