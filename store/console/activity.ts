import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Whose calls: one token's, or all of a client's. */
export type Whose = { tokenHash: string } | { clientId: string };

/** What an incident can be about: those, an endpoint (service, method, route) or a service. */
export type About = Whose | { endpoint: string } | { service: string };

function conditionOf(about: About): string {
  if ('tokenHash' in about) return 'token_hash = unhex({tokenHash:String})';
  if ('clientId' in about) return 'client_id = {clientId:String}';
  return 'service' in about
    ? 'service = {service:String}'
    : "concat(service, ' ', method, ' ', route) = {endpoint:String}";
}

/** The calls of one stretch of time. */
export interface Bucket {
  /** Its start, epoch ms. */
  at: number;
  calls: number;
  /** Of them, answered with 401, 403 or 429, or whose credential was rejected. */
  denied: number;
}

/** The conditions that pick calls; the sort key begins with the hour, so it is named, too. */
export function callsOf(about: About): string {
  return `${conditionOf(about)} AND time >= fromUnixTimestamp64Milli({from:Int64})
    AND time < fromUnixTimestamp64Milli({to:Int64})
    AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
    AND toStartOfHour(time) <= toStartOfHour(fromUnixTimestamp64Milli({to:Int64}))`;
}

/**
 * Calls in each step of a stretch, oldest first, empty steps included.
 *
 * @param range epoch ms, [from, to), and the step in ms; at most 2,000 steps
 * @throws RangeError when there are more
 */
export async function readActivity(
  db: Db,
  about: About,
  range: { from: number; to: number; step: number },
): Promise<Bucket[]> {
  const steps = Math.ceil((range.to - range.from) / range.step);
  if (steps > 2_000) throw new RangeError('at most 2,000 steps');
  const rows = await db.query<{ n: number; calls: number; denied: number }>(
    `SELECT intDiv(toUnixTimestamp64Milli(time) - {from:Int64}, {step:Int64}) AS n,
       count() AS calls,
       countIf(status IN (401, 403, 429) OR auth_result = 'rejected') AS denied
     FROM ${db.database}.${TABLES.calls} WHERE ${callsOf(about)} GROUP BY n`,
    { ...about, ...range },
  );
  const byStep = new Map(rows.map((row) => [row.n, row]));
  return Array.from({ length: Math.max(0, steps) }, (_, n) => ({
    at: range.from + n * range.step,
    calls: byStep.get(n)?.calls ?? 0,
    denied: byStep.get(n)?.denied ?? 0,
  }));
}

/** One call as evidence shows it. */
export interface CallRow {
  /** Epoch ms. */
  at: number;
  service: string;
  environment: string;
  method: string;
  route: string;
  scope: string;
  status: number;
  authResult: string;
  country: string;
  asn: number;
  networkKind: string;
  userAgent: string;
  /** Lower-case hex; '' for none. */
  traceId: string;
}

/** Calls of a stretch [from, to) (epoch ms), latest first, at most `limit`. */
export async function readCalls(
  db: Db,
  about: About,
  range: { from: number; to: number; limit: number },
): Promise<CallRow[]> {
  return db.query(
    `SELECT toUnixTimestamp64Milli(time) AS at, service, environment, method, route, scope, status,
       toString(auth_result) AS authResult, country, asn, toString(network_kind) AS networkKind,
       user_agent AS userAgent,
       if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS traceId
     FROM ${db.database}.${TABLES.calls} WHERE ${callsOf(about)}
     ORDER BY time DESC LIMIT {limit:UInt32}`,
    { ...about, ...range },
  );
}
