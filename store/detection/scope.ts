import type { Shard } from '../../config/shard.ts';
import { andOwnToken, shardParams } from './shard.ts';

/**
 * Which calls a look is about: those that arrived in a range while still young (live), or those of a
 * range of event time (backtest). Both [from, to), epoch ms; ranges of event time begin and end with
 * an hour.
 */
export interface Scope {
  by: 'arrival' | 'event';
  from: number;
  to: number;
  /** Whose entities are looked at; all where absent. Each question says what is an entity's key. */
  shard?: Shard | undefined;
}

/** Calls older than this when they arrive train, and raise nothing; ms. */
export const BACKDATED_MS = 3_600_000;

/** That a call carries a token. */
export const WITH_TOKEN = "c.token_hash != toFixedString('', 32)";

/**
 * Event time is bounded twice, for the sort key is an expression of it; the lower bound of the arrival
 * implies that of the event.
 */
const BY_ARRIVAL = `c.ingested_at >= fromUnixTimestamp64Milli({from:Int64})
  AND c.ingested_at < fromUnixTimestamp64Milli({to:Int64})
  AND toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - ${String(BACKDATED_MS)}))
  AND c.time > c.ingested_at - INTERVAL 1 HOUR`;

const BY_EVENT = `toStartOfHour(c.time) >= toDateTime(intDiv({from:Int64}, 1000))
  AND toStartOfHour(c.time) < toDateTime(intDiv({to:Int64}, 1000))`;

/**
 * The condition of a look on the table of calls under the alias `c`. It binds the parameters `from`
 * and `to`, as {@link scopeParams} gives them.
 */
export function scopeSql(scope: Scope): string {
  return scope.by === 'arrival' ? BY_ARRIVAL : BY_EVENT;
}

/** The parameters of {@link scopeSql}, and those by which a shard's own are told. */
export function scopeParams(scope: Omit<Scope, 'by'>): { from: number; to: number } {
  return { from: scope.from, to: scope.to, ...shardParams(scope) };
}

/** That the service let a call pass; the reader infers acceptance from any status but 401. */
export const ACCEPTED = `c.auth_result IN ('accepted', 'unknown') AND c.status < 400`;

/**
 * The condition for all calls since a day before a look of those tokens that the look concerns: what
 * is counted "so far" does not depend on where a look begins.
 *
 * @param concern a condition on one call `c`
 * @param own a further one, `AND …`, on calls of the look: whose tokens are asked for
 */
export function sinceADay(
  table: string,
  scope: Scope,
  concern: string,
  own = andOwnToken(scope),
): string {
  const end = scope.by === 'event' ? 'AND c.time < fromUnixTimestamp64Milli({to:Int64})' : '';
  return `toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - 86400000)) ${end}
    AND c.token_hash IN (SELECT c.token_hash FROM ${table} AS c WHERE ${scopeSql(scope)} AND ${WITH_TOKEN} AND ${concern} ${own})
    AND ${concern}`;
}
