import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { VALUES } from './fresh.ts';
import type { Dimension } from './fresh.ts';

/** Calls of one token in one hour, by minute; failed ones (5xx, 429) aside. */
export interface MinutesRow {
  hour: number;
  tokenHash: string;
  clientId: string;
  /** Minutes of the hour with calls, and how many calls. */
  minutes: number[];
  counts: number[];
}

/** Hours since the epoch, [fromHour, toHour). */
export interface Hours {
  fromHour: number;
  toHour: number;
}

const seconds = (hours: Hours): { from: number; to: number } => ({
  from: hours.fromHour * 3600,
  to: hours.toHour * 3600,
});

/** Some whole clients, chosen by the hashes of their ids: those up to a hash, but for the largest. */
export interface Sample {
  /** A whole number of 64 bits. */
  last: string;
  but: string[];
}

const sampled = (sample: Sample | undefined): string =>
  sample === undefined
    ? '1'
    : 'cityHash64(client_id) <= {last:UInt64} AND client_id NOT IN {but:Array(String)}';

/**
 * A sample of clients with at most so many tokens together; null when there is none, because every
 * client is larger.
 */
export async function readSample(db: Db, tokens: number): Promise<Sample | null> {
  const clients = `SELECT client_id, cityHash64(client_id) AS h, uniq(token_hash) AS n
    FROM ${db.database}.${TABLES.clientValues} WHERE dimension = 'any' GROUP BY client_id`;
  const [row] = await db.query<{ found: number; last: string; but: string[] }>(
    `SELECT countIf(fits AND total <= {tokens:UInt32}) AS found,
       toString(maxIf(h, fits AND total <= {tokens:UInt32})) AS last,
       groupArrayIf(client_id, NOT fits) AS but
     FROM (
       SELECT client_id, h, n <= {tokens:UInt32} / 2 AS fits,
         sumIf(n, n <= {tokens:UInt32} / 2) OVER (ORDER BY h) AS total
       FROM (${clients})
     )`,
    { tokens },
  );
  return row === undefined || row.found === 0 ? null : { last: row.last, but: row.but };
}

/** Calls of all tokens, or of those of a sample, by minute, in order of hour. */
export async function readMinutes(db: Db, hours: Hours, sample?: Sample): Promise<MinutesRow[]> {
  return db.query<MinutesRow>(
    `SELECT intDiv(toUnixTimestamp(minute), 3600) AS hour, lower(hex(token_hash)) AS tokenHash,
       client_id AS clientId, groupArray(toMinute(minute)) AS minutes, groupArray(n) AS counts
     FROM (
       SELECT minute, token_hash, client_id, sum(calls - failed) AS n
       FROM ${db.database}.${TABLES.tokenMinute}
       WHERE minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32})
         AND ${sampled(sample)}
       GROUP BY minute, token_hash, client_id
     )
     GROUP BY hour, token_hash, client_id ORDER BY hour, token_hash, client_id`,
    { ...seconds(hours), ...sample },
  );
}

/** What one token showed in one hour. */
export interface ValuesRow {
  hour: number;
  tokenHash: string;
  clientId: string;
  dimensions: string[];
  values: string[];
  /** Epoch ms of the first call with the value in the hour. */
  times: number[];
  calls: number[];
}

/** Values of all tokens by hour, in order of hour; the dimension `any` is among them. */
export async function readHourValues(db: Db, hours: Hours, sample?: Sample): Promise<ValuesRow[]> {
  return db.query<ValuesRow>(
    `SELECT intDiv(toUnixTimestamp(hour), 3600) AS hour, lower(hex(token_hash)) AS tokenHash,
       client_id AS clientId, groupArray(toString(dimension)) AS dimensions,
       groupArray(value) AS values, groupArray(toUnixTimestamp64Milli(first)) AS times,
       groupArray(n) AS calls
     FROM (
       SELECT hour, token_hash, client_id, dimension, value, min(first_seen) AS first, sum(calls) AS n
       FROM ${db.database}.${TABLES.tokenValues}
       WHERE hour >= toDateTime({from:UInt32}) AND hour < toDateTime({to:UInt32})
         AND ${sampled(sample)}
       GROUP BY hour, token_hash, client_id, dimension, value
     )
     GROUP BY hour, token_hash, client_id ORDER BY hour, token_hash, client_id`,
    { ...seconds(hours), ...sample },
  );
}

/** What came along with a value of a token in an hour. */
export interface ValueContext {
  tokenHash: string;
  dimension: Dimension;
  value: string;
  granted: string[];
  networkKind: string;
}

/** Granted scopes and kind of network of values that tokens showed in an hour. */
export async function readValueContext(
  db: Db,
  hour: number,
  tokens: readonly string[],
): Promise<ValueContext[]> {
  return db.query<ValueContext>(
    `SELECT lower(hex(token_hash)) AS tokenHash, dimension, value,
       argMax(CAST(granted_scopes AS Array(String)), c.time) AS granted,
       toString(argMin(network_kind, c.time)) AS networkKind
     FROM ${db.database}.${TABLES.calls} AS c ARRAY JOIN ${VALUES}
     WHERE toStartOfHour(c.time) = toDateTime({hour:UInt32} * 3600)
       AND token_hash IN (SELECT unhex(arrayJoin({tokens:Array(String)})))
       AND dimension IN ('scope', 'country', 'asn') AND value != ''
     GROUP BY token_hash, dimension, value`,
    { hour, tokens: [...new Set(tokens)] },
  );
}
