import type { EntityKind } from '../../model/finding.ts';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import type { Dimension } from './fresh.ts';

/** Which calls a finding rests on. */
export interface EvidenceQuery {
  entity: EntityKind;
  /** Lower-case hex; empty for a client. */
  tokenHash: string;
  clientId: string;
  /** Of an endpoint or a service, as in findings. */
  name?: string;
  /** Event time, [from, to), epoch ms. */
  from: number;
  to: number;
  /** Only calls with this value. */
  only?: { dimension: Dimension; value: string };
  /** Only calls that were answered so. */
  statuses?: readonly number[];
}

/** What the calls behind a finding were. */
export interface CallsSummary {
  calls: number;
  /** Epoch ms; 0 when there are none. */
  firstCallAt: number;
  service: string;
  environment: string;
  /** The five first traces. */
  traceIds: string[];
  routes: string[];
  countries: string[];
  networkKinds: string[];
  denied: number;
}

/** How a call shows a value, as in the rollup (migration 002). */
const SHOWS: Record<Dimension, string> = {
  scope: 'c.scope',
  route: "concat(c.method, ' ', c.route)",
  country: 'c.country',
  asn: 'toString(c.asn)',
  network_kind: 'toString(c.network_kind)',
  environment: 'c.environment',
  user_agent: 'c.user_agent',
};

/** The calls of an entity. */
const WHOSE: Readonly<Record<EntityKind, string>> = {
  token: 'token_hash = unhex({tokenHash:String})',
  client: "client_id = {clientId:String} AND token_hash != toFixedString('', 32)",
  endpoint: "concat(c.service, ' ', c.method, ' ', c.route) = {name:String}",
  service: 'c.service = {name:String}',
};

const ANSWERED = 'AND (empty({statuses:Array(UInt16)}) OR status IN {statuses:Array(UInt16)})';

/** Sums up the calls behind a finding. */
export async function readCallsSummary(db: Db, query: EvidenceQuery): Promise<CallsSummary> {
  const only =
    query.only === undefined ? '' : `AND ${SHOWS[query.only.dimension]} = {value:String}`;
  const [row] = await db.query<CallsSummary>(
    `SELECT count() AS calls, toUnixTimestamp64Milli(min(time)) AS firstCallAt,
       topK(1)(service)[1] AS service, topK(1)(environment)[1] AS environment,
       arraySlice(groupUniqArrayIf(20)(lower(hex(trace_id)), trace_id != toFixedString('', 16)), 1, 5)
         AS traceIds,
       topK(5)(concat(method, ' ', route)) AS routes, topKIf(5)(country, country != '') AS countries,
       topK(3)(toString(network_kind)) AS networkKinds, countIf(status IN (401, 403)) AS denied
     FROM ${db.database}.${TABLES.calls} AS c
     WHERE ${WHOSE[query.entity]}
       AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
       AND toStartOfHour(time) <= toStartOfHour(fromUnixTimestamp64Milli({to:Int64}))
       AND time >= fromUnixTimestamp64Milli({from:Int64})
       AND time < fromUnixTimestamp64Milli({to:Int64}) ${only} ${ANSWERED}`,
    {
      tokenHash: query.tokenHash,
      clientId: query.clientId,
      name: query.name ?? '',
      from: query.from,
      to: query.to,
      value: query.only?.value ?? '',
      statuses: query.statuses ?? [],
    },
  );
  if (row === undefined || row.calls === 0) return nothing();
  return row;
}

function nothing(): CallsSummary {
  const none = { traceIds: [], routes: [], countries: [], networkKinds: [] };
  return { calls: 0, firstCallAt: 0, service: '', environment: '', denied: 0, ...none };
}

/**
 * The 99th percentile of calls in a window among the client's other active tokens, or null with
 * fewer than three of them.
 */
export async function readPeers(db: Db, query: EvidenceQuery): Promise<number | null> {
  const [row] = await db.query<{ peers: number; tokens: number }>(
    `SELECT quantileExact(0.99)(n) AS peers, count() AS tokens FROM (
       SELECT token_hash, sum(calls) AS n FROM ${db.database}.${TABLES.tokenMinute}
       WHERE client_id = {clientId:String} AND token_hash != unhex({tokenHash:String})
         AND minute >= toDateTime(intDiv({from:Int64}, 1000))
         AND minute < toDateTime(intDiv({to:Int64}, 1000))
       GROUP BY token_hash
     )`,
    {
      clientId: query.clientId,
      tokenHash: query.tokenHash === '' ? '00' : query.tokenHash,
      from: query.from,
      to: query.to,
    },
  );
  return row === undefined || row.tokens < 3 ? null : row.peers;
}

/**
 * Event time (epoch ms) of the n-th call of an entity in [from, to), or `to` when there are fewer.
 *
 * @param n from 1
 */
export async function readNthCall(db: Db, query: EvidenceQuery, n: number): Promise<number> {
  const [row] = await db.query<{ at: number }>(
    `SELECT toUnixTimestamp64Milli(time) AS at FROM ${db.database}.${TABLES.calls} AS c
     WHERE ${WHOSE[query.entity]}
       AND toStartOfHour(time) = toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
       AND time >= fromUnixTimestamp64Milli({from:Int64})
       AND time < fromUnixTimestamp64Milli({to:Int64}) ${ANSWERED}
     ORDER BY time LIMIT 1 OFFSET {skip:UInt32}`,
    {
      tokenHash: query.tokenHash,
      clientId: query.clientId,
      name: query.name ?? '',
      from: query.from,
      to: query.to,
      skip: Math.max(0, n - 1),
      statuses: query.statuses ?? [],
    },
  );
  return row?.at ?? query.to;
}
