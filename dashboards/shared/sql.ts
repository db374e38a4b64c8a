import { TABLES } from '../../store/tables.ts';

/**
 * Fragments of SQL that panels share. Grafana pastes the values of variables into the text, so none
 * may carry a quote: names that services sent are offered as {@link key} makes them and read back by
 * {@link among} and {@link THE_CLIENT}.
 */

/** Text that stands safely between quotes: the text itself, or its bytes as `hex:…`. */
export function key(column: string): string {
  const plain = `match(${column}, '^[A-Za-z0-9][A-Za-z0-9._:@/ -]{0,127}$')`;
  return `if(${plain} AND NOT startsWith(${column}, 'hex:'), toString(${column}), concat('hex:', hex(${column})))`;
}

/** Reads a {@link key} back. */
function unkey(name: string): string {
  return `if(startsWith(${name}, 'hex:'), unhex(substring(${name}, 5)), ${name})`;
}

function chosen(variable: string): string {
  return `arrayMap(k -> ${unkey('k')}, [\${${variable}:singlequote}])`;
}

/** The column is among what was chosen in a variable, or everything was. */
export function among(column: string, variable: string): string {
  return `$__conditionalAll(${column} IN (${chosen(variable)}), $${variable})`;
}

/** As {@link among}, for a column that is an array. */
export function anyAmong(column: string, variable: string): string {
  return `$__conditionalAll(hasAny(${column}, ${chosen(variable)}), $${variable})`;
}

/** The hash of the chosen token; whatever else is typed there is the hash of no token. */
export const THE_TOKEN = "unhex('${token:percentencode}')";

/** The id of the one chosen client. */
export const THE_CLIENT = unkey("decodeURLComponent('${client:percentencode}')");

/** Within the time range, for a column of whole hours. */
export function inHours(column: string): string {
  return `${column} >= toStartOfHour($__fromTime) AND ${column} <= $__toTime`;
}

/** Within the time range, for a column of whole minutes. */
export function inMinutes(column: string): string {
  return `${column} >= toStartOfMinute($__fromTime) AND ${column} <= $__toTime`;
}

/**
 * Calls of the time range; their sort key begins with the hour, so it is named, too. The table is
 * named because `time` is also what the steps of a graph are called.
 */
export const CALLS_IN_RANGE = `$__timeFilter(calls.time) AND ${inHours('toStartOfHour(calls.time)')}`;

/** An empty step is zero, not a gap: ends a query whose first column is `time`. */
export const FILLED =
  'ORDER BY time WITH FILL FROM toStartOfInterval($__fromTime, INTERVAL $__interval_s second) ' +
  'TO $__toTime STEP $__interval_s';

/** A hash as people and links write it. */
export function hex(column: string): string {
  return `lower(hex(${column}))`;
}

/** Incidents as they stand: the latest state of each. */
export const INCIDENTS = `${TABLES.incidents} FINAL`;

/** True of a time column that is no longer the epoch. */
export function happened(column: string): string {
  return `${column} > toDateTime64(0, 3, 'UTC')`;
}

/** Incidents that nobody has closed. */
export const OPEN = "status IN ('open', 'acknowledged')";

/** One column for each severity, the worst first, of the rows that `condition` leaves. */
export function bySeverity(condition = '1'): string {
  return ['Critical', 'High', 'Medium', 'Low']
    .map((name) => `countIf(severity = '${name.toLowerCase()}' AND ${condition}) AS ${name}`)
    .join(', ');
}

/** Tokens that were seen in the chosen environments. */
export const TOKEN_OF_ENVIRONMENT = `$__conditionalAll(token_hash IN (SELECT token_hash FROM ${TABLES.tokenSeen} WHERE dimension = 'environment' AND value IN (${chosen('environment')})), $environment)`;

/** Seconds between two DateTime64(3) columns. */
export function secondsBetween(from: string, to: string): string {
  return `dateDiff('millisecond', ${from}, ${to}) / 1000`;
}
