import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import type { Arrival } from './fresh.ts';
import { streamRows } from './row-reader.ts';
import type { RowReader } from './row-reader.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import { ownSql } from './shard.ts';

/** What one token, or one client, called in one minute among the calls of a look. */
export interface Touched {
  entity: 'token' | 'client';
  /** The token's hash, lower-case hex, or the client's id. */
  id: string;
  /** A 64-bit key of it. */
  low: number;
  high: number;
  /** Its beginning, epoch seconds. */
  minute: number;
  calls: number;
  /** Whether some were refused (401, 403) or found nothing (404). */
  isRefused: boolean;
  /**
   * The same calls by when they arrived: keys that come again only with the same calls (low and high halves),
   * and how many calls each stands for.
   */
  arrivals: Uint32Array;
  counts: Float32Array;
}

function touched(reader: RowReader): Touched {
  const isToken = reader.uint8() === 1;
  const hash = reader.hex(32);
  const client = reader.text();
  return {
    entity: isToken ? 'token' : 'client',
    id: isToken ? hash : client,
    low: reader.uint32(),
    high: reader.uint32(),
    minute: reader.uint32(),
    calls: reader.float64(),
    isRefused: reader.uint8() === 1,
    arrivals: reader.halves(),
    counts: reader.floats(),
  };
}

/** Tokens and clients with young calls in a range, by minute; of several detectors each asks for its own. */
export async function* readTouched(db: Db, arrival: Arrival): AsyncGenerator<Touched> {
  const young = scopeSql({ by: 'arrival', ...arrival });
  const isOwn = `if(isToken, ${ownSql(arrival, 'token')}, ${ownSql(arrival, 'SHA256(client)')})`;
  yield* streamRows(
    db,
    `SELECT toUInt8(grouping(token) = 0) AS isToken, token, client,
       if(isToken, sipHash64(token), sipHash64(client)), toUInt32(minute), toFloat64(sum(n)), max(bad),
       groupArray(sipHash64(token, client, minute, at, n)), groupArray(toFloat32(n))
     FROM (
       SELECT c.token_hash AS token, toString(c.client_id) AS client, toStartOfMinute(c.time) AS minute,
         c.ingested_at AS at, count() AS n,
         max(c.status IN (401, 403, 404)) AS bad
       FROM ${db.database}.${TABLES.calls} AS c WHERE ${young} AND ${WITH_TOKEN}
       GROUP BY token, client, minute, at
     )
     GROUP BY GROUPING SETS ((token, minute), (client, minute)) HAVING ${isOwn}`,
    scopeParams(arrival),
    touched,
  );
}
