import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { VALUES } from './fresh.ts';
import type { Dimension } from './fresh.ts';
import { sampleParams, sampled } from './samples.ts';
import type { Sample } from './samples.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

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
    { ...seconds(hours), ...sampleParams(sample) },
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
    { ...seconds(hours), ...sampleParams(sample) },
  );
}

/** How often all tokens called with a value on a day. */
export interface DayValue {
  dimension: string;
  value: string;
  /** Days since the epoch. */
  day: number;
  calls: number;
}

/** Values of all tokens by day (since the epoch), [fromDay, toDay). */
export async function readDayValues(db: Db, fromDay: number, toDay: number): Promise<DayValue[]> {
  return db.query<DayValue>(
    `SELECT toString(dimension) AS dimension, value, toUInt32(toInt32(v.day)) AS day, sum(calls) AS calls
     FROM ${db.database}.${TABLES.globalValues} AS v
     WHERE v.day >= toDate({fromDay:UInt32}) AND v.day < toDate({toDay:UInt32}) AND dimension != 'any'
     GROUP BY dimension, value, v.day`,
    { fromDay, toDay },
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
       AND token_hash IN (${NAMED_TOKENS})
       AND dimension IN ('scope', 'country', 'asn') AND value != ''
     GROUP BY token_hash, dimension, value`,
    { hour, tokens: [...new Set(tokens)] },
  );
}
