import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** An endpoint as it was seen; times in epoch ms. */
export interface EndpointRow {
  service: string;
  environment: string;
  method: string;
  route: string;
  calls: number;
  denied: number;
  failed: number;
  /** Answered below 400 without a token, or against a rejected one. */
  anonymous: number;
  firstSeen: number;
  lastSeen: number;
}

/** Endpoints seen at or after `since` (epoch ms), busiest first. */
export async function listEndpoints(
  db: Db,
  filter: { since: number; service?: string; environment?: string; q?: string },
  page: { limit: number; offset: number },
): Promise<EndpointRow[]> {
  const conditions = [
    'e.hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}))',
    ...(filter.service === undefined ? [] : ['e.service = {service:String}']),
    ...(filter.environment === undefined ? [] : ['e.environment = {environment:String}']),
    ...(filter.q === undefined ? [] : ['positionCaseInsensitiveUTF8(e.route, {q:String}) > 0']),
  ];
  return db.query<EndpointRow>(
    `SELECT e.service AS service, e.environment AS environment, e.method AS method, e.route AS route,
       sum(e.calls) AS calls, sum(e.denied) AS denied, sum(e.failed) AS failed,
       sum(e.anonymous) AS anonymous, toUnixTimestamp64Milli(min(e.first_seen)) AS firstSeen,
       toUnixTimestamp64Milli(max(e.last_seen)) AS lastSeen
     FROM ${db.database}.${TABLES.endpointHour} AS e WHERE ${conditions.join(' AND ')}
     GROUP BY service, environment, method, route ORDER BY calls DESC, service, route, method
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    { ...filter, ...page },
  );
}
