import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Reports are counted in slots of so long, seconds (see migration 120). */
export const SLOT = 300;
const DAY = 86_400;
const HOUR = 3600;

/** Calls of a window by days back: as it is, an hour earlier, an hour later. */
export interface WindowByDay {
  byDay: Map<number, number>;
  earlier: Map<number, number>;
  later: Map<number, number>;
}

/** Calls in windows that end now, and in the same windows of the days before. */
interface Windows {
  /** Slots of the first and the last call within 29 days, epoch seconds. */
  first: number;
  last: number;
  /** In the order of the windows asked for. */
  windows: WindowByDay[];
}

/** A service's reports in one environment. */
export interface ReportedWindows extends Windows {
  service: string;
  environment: string;
}

/** A client's calls. */
export interface ClientWindows extends Windows {
  clientId: string;
}

type Days = [number[], number[]];

/** An expression for the calls of a window, by days back; moved by seconds towards the present. */
function byDays(seconds: number, moved: number, slot: number): string {
  const age = `(toInt64({end:UInt32}) - toInt64(toUnixTimestamp(slot)) - ${String(slot - moved)})`;
  const inside = `${age} >= 0 AND ${age} % ${String(DAY)} < ${String(seconds)}`;
  return `sumMapIf([toUInt16(intDiv(${age}, ${String(DAY)}))], [calls], ${inside})`;
}

/**
 * What every service reported in windows that end at a slot, and in the same windows of 28 days.
 *
 * @param end epoch seconds, the beginning of a slot of five minutes
 * @param windows their lengths, seconds
 */
export async function readReportedWindows(
  db: Db,
  end: number,
  windows: readonly number[],
): Promise<ReportedWindows[]> {
  const rows = await db.query<Omit<ReportedWindows, 'windows'> & Record<string, Days>>(
    `SELECT toString(r.service) AS service, toString(r.environment) AS environment,
       ${columnsOf(windows, SLOT)}
     FROM ${db.database}.${TABLES.serviceReports} AS r
     WHERE r.slot >= fromUnixTimestamp({end:UInt32} - 29 * ${String(DAY)})
       AND r.slot < fromUnixTimestamp({end:UInt32})
     GROUP BY service, environment LIMIT 5000`,
    { end },
  );
  return rows.map((row) => {
    const { service, environment, first, last } = row;
    return { service, environment, first, last, windows: windowsOf(row, windows.length) };
  });
}

/**
 * What the busiest 5,000 clients called in windows that end with an hour, and in the same windows of 28 days.
 *
 * @param end epoch seconds, the beginning of an hour
 * @param windows their lengths, seconds: whole hours
 */
export async function readClientWindows(
  db: Db,
  end: number,
  windows: readonly number[],
): Promise<ClientWindows[]> {
  const rows = await db.query<Omit<ClientWindows, 'windows'> & Record<string, Days>>(
    `SELECT toString(client_id) AS clientId, ${columnsOf(windows, HOUR)}
     FROM (
       SELECT client_id, hour AS slot, sum(c.calls) AS calls FROM ${db.database}.${TABLES.clientHour} AS c
       WHERE hour >= fromUnixTimestamp({end:UInt32} - 29 * ${String(DAY)})
         AND hour < fromUnixTimestamp({end:UInt32}) AND client_id != ''
       GROUP BY client_id, slot
     ) AS r
     GROUP BY clientId ORDER BY sum(r.calls) DESC LIMIT 5000`,
    { end },
  );
  return rows.map((row) => {
    const { clientId, first, last } = row;
    return { clientId, first, last, windows: windowsOf(row, windows.length) };
  });
}

function columnsOf(windows: readonly number[], slot: number): string {
  const columns = windows.flatMap((seconds, i) =>
    [0, -HOUR, HOUR].map((moved, j) => `${byDays(seconds, moved, slot)} AS w${String(3 * i + j)}`),
  );
  const ends = 'toUnixTimestamp(min(r.slot)) AS first, toUnixTimestamp(max(r.slot)) AS last';
  return [ends, ...columns].join(', ');
}

function windowsOf(row: Readonly<Record<string, unknown>>, count: number): WindowByDay[] {
  const days = (i: number): Map<number, number> => {
    const [keys = [], values = []] = (row[`w${String(i)}`] ?? []) as Partial<Days>;
    return new Map(keys.map((key, at) => [key, values[at] ?? 0]));
  };
  return Array.from({ length: count }, (_, i) => ({
    ...{ byDay: days(3 * i), earlier: days(3 * i + 1), later: days(3 * i + 2) },
  }));
}

/** What a service's calls carry, by the name that people know, and the column that counts it. */
export const REPORTED = {
  'token hash': 'with_token',
  'client address': 'with_address',
  scope: 'with_scope',
  route: 'with_route',
  'user agent': 'with_user_agent',
} as const;

/** How many calls of a service carried an attribute, lately and in the week before. */
export interface ReportedShare {
  service: string;
  environment: string;
  attribute: keyof typeof REPORTED;
  calls: number;
  carrying: number;
  /** Of the seven days before that end six hours before now. */
  calls7: number;
  carrying7: number;
  days7: number;
  /** First and last slot of the window with a call, epoch ms. */
  from: number;
  to: number;
}

/**
 * Attributes that hardly any call of a window carries, of those that most calls of the week carried.
 *
 * @param end epoch seconds; `seconds` the window's length, at most six hours
 */
export async function readLostAttributes(
  db: Db,
  end: number,
  seconds: number,
): Promise<ReportedShare[]> {
  const lists = Object.entries(REPORTED)
    .map(([name, column]) => `('${name}', ${column})`)
    .join(', ');
  const lately = 'slot >= fromUnixTimestamp({from:UInt32})';
  const before = `slot < fromUnixTimestamp({end:UInt32} - 21600)`;
  return db.query<ReportedShare>(
    `SELECT toString(r.service) AS service, toString(r.environment) AS environment,
       carried.1 AS attribute, sumIf(r.calls, ${lately}) AS calls, sumIf(carried.2, ${lately}) AS carrying,
       sumIf(r.calls, ${before}) AS calls7, sumIf(carried.2, ${before}) AS carrying7,
       uniqIf(toDate(r.slot), ${before}) AS days7,
       toUnixTimestamp64Milli(toDateTime64(minIf(r.slot, ${lately}), 3)) AS from,
       toUnixTimestamp64Milli(toDateTime64(maxIf(r.slot, ${lately}), 3)) + ${String(SLOT)}000 AS to
     FROM ${db.database}.${TABLES.serviceReports} AS r
     ARRAY JOIN [${lists}] AS carried
     WHERE r.slot >= fromUnixTimestamp({end:UInt32} - 7 * ${String(DAY)})
       AND r.slot < fromUnixTimestamp({end:UInt32})
     GROUP BY service, environment, attribute
     HAVING calls > 0 AND carrying * 5 < calls AND carrying7 * 5 > calls7 * 4
     LIMIT 5000`,
    { end, from: end - seconds },
  );
}

/** How calls of a service arrived. */
export interface Arrivals {
  service: string;
  calls: number;
  /** Median of arrival minus event time, ms; negative where calls are dated in the future. */
  lag: number;
  /** How far lags lie apart, from the 10th to the 90th percentile, ms. */
  spread: number;
  /** Event time of the first and the last, epoch ms. */
  first: number;
  last: number;
  /** Distinct trace ids, at most 1,000. */
  traceIds: string[];
}

/** Clocks may be a day and a time zone out. */
const FURTHEST_MS = 2 * 86_400_000;

/**
 * How calls of each service arrived in a range of the server's clock; not those that were imported.
 *
 * @param range [from, to), epoch ms
 */
export async function readArrivals(
  db: Db,
  range: { from: number; to: number },
): Promise<Arrivals[]> {
  return db.query<Arrivals>(
    `SELECT toString(c.service) AS service, count() AS calls,
       quantiles(0.1, 0.5, 0.9)(toUnixTimestamp64Milli(c.ingested_at) - toUnixTimestamp64Milli(c.time)) AS lags,
       toInt64(lags[2]) AS lag, toInt64(lags[3] - lags[1]) AS spread,
       toUnixTimestamp64Milli(min(c.time)) AS first, toUnixTimestamp64Milli(max(c.time)) AS last,
       arrayMap(id -> lower(hex(id)), groupUniqArrayIf(1000)(c.trace_id, c.trace_id != toFixedString('', 16)))
         AS traceIds
     FROM ${db.database}.${TABLES.calls} AS c
     WHERE c.ingested_at >= fromUnixTimestamp64Milli({from:Int64})
       AND c.ingested_at < fromUnixTimestamp64Milli({to:Int64})
       AND toStartOfHour(c.time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64} - ${String(FURTHEST_MS)}))
       AND c.source != 'import'
     GROUP BY service ORDER BY calls DESC LIMIT 500`,
    { from: range.from, to: range.to },
  );
}

/** Calls of a day (UTC) whose time was too far off to be kept as it was sent. */
export interface Redated {
  service: string;
  kind: 'future' | 'past';
  redated: number;
  /** All its calls of the day. */
  calls: number;
}

/** Services that sent such calls on a day, `2026-11-22`. */
export async function readRedated(db: Db, day: string): Promise<Redated[]> {
  return db.query<Redated>(
    `SELECT h.service AS service, h.kind AS kind, h.redated AS redated, any(r.n) AS calls
     FROM (SELECT toString(service) AS service, toString(kind) AS kind, sum(count) AS redated
       FROM ${db.database}.${TABLES.hygiene} WHERE day = {day:Date} AND field = 'time'
       GROUP BY service, kind LIMIT 1000) AS h
     LEFT JOIN (SELECT toString(service) AS service, sum(calls) AS n
       FROM ${db.database}.${TABLES.serviceReports}
       WHERE slot >= toDateTime({day:Date}, 'UTC') AND slot < toDateTime({day:Date} + 1, 'UTC')
       GROUP BY service) AS r ON r.service = h.service
     GROUP BY service, kind, redated`,
    { day },
  );
}
