import type { Db, Params } from '../db.ts';
import { TABLES } from '../tables.ts';
import type { Arrival } from './fresh.ts';
import { streamRows } from './row-reader.ts';
import type { RowReader } from './row-reader.ts';
import { scopeParams } from './scope.ts';
import { andOwnClient, andOwnToken } from './shard.ts';
import { touchedSql } from './windows.ts';

/** Calls of a token or a client in the windows that end with a minute; failed ones (5xx, 429) aside. */
export interface WindowCounts {
  /** A 64-bit key of it, as in `readTouched`. */
  low: number;
  high: number;
  /** The token's hash, lower-case hex; empty for a client. */
  tokenHash: string;
  /** Of a token the one that it called for last. */
  clientId: string;
  /** Calls in the minute, in the 5 min and 60 min that end with it, and in the 60 min before it. */
  x1: number;
  x5: number;
  x60: number;
  own: number;
  /** Calls that are known to come after the minute, in its hour. */
  later: number;
  /** Calls in the three clock hours that end with the minute's. */
  hours: number;
}

/** What of an expectation decides how many calls can stand out; each is the least of all versions. */
export interface WindowLimits {
  low: number;
  high: number;
  /** The least of the means that experts expect in the hour; and in the day. */
  mean: number;
  day: number;
  /** Calls of the day before those three hours, the most of all versions. */
  earlier: number;
}

/** Whom it is asked of: by name, or all that called in the minute among the calls of a look. */
export type Whom = { names: readonly string[] } | { arrival: Arrival };

type Entity = 'token' | 'client';

const MINUTE = 'toDateTime({minute:UInt32})';
const HOUR = `toStartOfHour(${MINUTE})`;

function whomSql(db: Db, entity: Entity, whom: Whom): string {
  if ('arrival' in whom) {
    const own = entity === 'token' ? andOwnToken(whom.arrival) : andOwnClient(whom.arrival);
    return `(${touchedSql(db, entity === 'token' ? 'token_hash' : 'client_id', own)})`;
  }
  return entity === 'token'
    ? '(SELECT toFixedString(unhex(arrayJoin({names:Array(String)})), 32))'
    : '{names:Array(String)}';
}

function paramsOf(minute: number, whom: Whom): Params {
  return 'arrival' in whom
    ? { minute, ...scopeParams(whom.arrival) }
    : { minute, names: [...whom.names] };
}

/** Hours of tokens without taking them apart: `at` is how many minutes after the minute asked for. */
function tokenCountsSql(db: Db, whom: string): string {
  const sum = (condition: string): string =>
    `sum(arraySum((at, n) -> if(${condition}, n, 0), ats, ns))`;
  return `SELECT token_hash, sipHash64(token_hash), argMax(client, latest),
      ${sum('at = 0')}, ${sum('at > -5 AND at <= 0')}, ${sum('at > -60 AND at <= 0')},
      ${sum('at >= -60 AND at < 0')}, ${sum('at > 0')}, sum(arraySum(ns))
    FROM (
      SELECT token_hash, toString(client_id) AS client,
        intDiv(toInt32(toUnixTimestamp(hour)) - toInt32({minute:UInt32}), 60) AS begun,
        arrayMap(k -> begun + bitAnd(k, 63), mapKeys(minutes)) AS ats,
        arrayMap((k, v) -> toFloat64(multiIf(k < 64, toInt64(v), k >= 192, -toInt64(v), 0)),
          mapKeys(minutes), mapValues(minutes)) AS ns,
        arrayMax(arrayMap(at -> if(at <= 0 AND at >= -60, at, -1000), arrayPushBack(ats, -1000))) AS latest
      FROM ${db.database}.${TABLES.tokenWindow}
      PREWHERE hour >= ${HOUR} - INTERVAL 2 HOUR AND hour <= ${HOUR} AND token_hash IN ${whom}
    )
    GROUP BY token_hash`;
}

function clientCountsSql(db: Db, whom: string): string {
  const n = 'toInt64(calls) - toInt64(failed)';
  return `SELECT toFixedString('', 32), sipHash64(toString(m.client_id)), toString(m.client_id),
      toFloat64(x1), toFloat64(x5), toFloat64(x60), toFloat64(own), toFloat64(later), toFloat64(h.x)
    FROM (
      SELECT client_id, sumIf(${n}, minute = ${MINUTE}) AS x1,
        sumIf(${n}, minute > ${MINUTE} - 300 AND minute <= ${MINUTE}) AS x5,
        sumIf(${n}, minute > ${MINUTE} - 3600 AND minute <= ${MINUTE}) AS x60,
        sumIf(${n}, minute >= ${MINUTE} - 3600 AND minute < ${MINUTE}) AS own,
        sumIf(${n}, minute > ${MINUTE}) AS later
      FROM ${db.database}.${TABLES.clientMinute}
      PREWHERE client_id IN ${whom}
      WHERE minute >= ${MINUTE} - 3600 AND minute < ${HOUR} + INTERVAL 1 HOUR GROUP BY client_id
    ) AS m
    LEFT JOIN (
      SELECT client_id, sum(${n}) AS x FROM ${db.database}.${TABLES.clientHour}
      WHERE hour > ${HOUR} - INTERVAL 3 HOUR AND hour <= ${HOUR} AND client_id IN ${whom} GROUP BY client_id
    ) AS h ON h.client_id = m.client_id`;
}

const ZEROS = '0'.repeat(64);

function counts(reader: RowReader): WindowCounts {
  const hash = reader.hex(32);
  return {
    ...{ tokenHash: hash === ZEROS ? '' : hash, low: reader.uint32(), high: reader.uint32() },
    clientId: reader.text(),
    x1: reader.float64(),
    x5: reader.float64(),
    x60: reader.float64(),
    own: reader.float64(),
    later: reader.float64(),
    hours: reader.float64(),
  };
}

function limits(reader: RowReader): WindowLimits {
  return {
    ...{ low: reader.uint32(), high: reader.uint32() },
    mean: reader.float64(),
    day: reader.float64(),
    earlier: reader.float64(),
  };
}

/**
 * What was called in the windows that end with a minute of the last days.
 *
 * @param minute its beginning, epoch seconds
 */
export function readWindowCounts(
  db: Db,
  entity: Entity,
  minute: number,
  whom: Whom,
): AsyncGenerator<WindowCounts> {
  const sql = entity === 'token' ? tokenCountsSql : clientCountsSql;
  return streamRows(db, sql(db, whomSql(db, entity, whom)), paramsOf(minute, whom), counts);
}

/** What is expected in the hour of a minute, of those that anything is expected of by themselves. */
export function readWindowLimits(
  db: Db,
  entity: Entity,
  minute: number,
  whom: Whom,
): AsyncGenerator<WindowLimits> {
  const key = entity === 'token' ? 'entity_key' : 'client_id';
  return streamRows(
    db,
    `SELECT sipHash64(${entity === 'token' ? key : `toString(${key})`}),
       toFloat64(min(least(mean_a, mean_b, mean_prev_a, mean_prev_b))),
       toFloat64(min(least(mean_day_a, mean_day_b))), toFloat64(max(earlier))
     FROM ${db.database}.${TABLES.volumeProfile}
     PREWHERE entity = '${entity}' AND ${key} IN ${whomSql(db, entity, whom)}
     WHERE hour = ${HOUR} GROUP BY ${key}`,
    paramsOf(minute, whom),
    limits,
  );
}
