import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Calls that a service accepted with a token. */
export interface AcceptedCalls {
  calls: number;
  /** Event times, epoch ms; 0 when there were none. */
  first: number;
  last: number;
  service: string;
  environment: string;
  clientId: string;
}

/** A call counts as accepted where the service said so, or said nothing and did not fail. */
const ACCEPTED = `(auth_result = 'accepted' OR (auth_result = 'unknown' AND status < 400))`;

/** The calls of a token that were accepted at or after `since` (event time, epoch ms). */
export async function readAcceptedCalls(
  db: Db,
  tokenHash: string,
  since: number,
): Promise<AcceptedCalls> {
  const [row] = await db.query<{
    n: number;
    first_at: number;
    last_at: number;
    last_service: string;
    last_environment: string;
    last_client: string;
  }>(
    `SELECT count() AS n, toUnixTimestamp64Milli(min(time)) AS first_at, toUnixTimestamp64Milli(max(time)) AS last_at,
            toString(argMax(service, time)) AS last_service, toString(argMax(environment, time)) AS last_environment,
            toString(argMax(client_id, time)) AS last_client
     FROM ${db.database}.${TABLES.calls}
     WHERE toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}))
       AND time >= fromUnixTimestamp64Milli({since:Int64})
       AND token_hash = toFixedString(unhex({token:String}), 32) AND ${ACCEPTED}`,
    { since: Math.floor(since), token: tokenHash },
  );
  const calls = row?.n ?? 0;
  return {
    calls,
    first: calls === 0 ? 0 : (row?.first_at ?? 0),
    last: calls === 0 ? 0 : (row?.last_at ?? 0),
    service: row?.last_service ?? '',
    environment: row?.last_environment ?? '',
    clientId: row?.last_client ?? '',
  };
}
