import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { hoursSql } from './hours.ts';

/** What all clients together did in an hour. */
export interface CrowdRow {
  hour: number;
  calls: number;
  q1: number;
  q5: number;
  /** Clients whose first hour in the range this is. */
  newClients: number;
}

/** Sums over all clients of the hours [fromHour, toHour), in order; hours without calls are left out. */
export async function readCrowd(db: Db, fromHour: number, toHour: number): Promise<CrowdRow[]> {
  return db.query<CrowdRow>(
    `SELECT hour, toFloat64(sum(calls)) AS calls, toFloat64(sum(q1)) AS q1, toFloat64(sum(q5)) AS q5,
       countIf(hour = first) AS newClients
     FROM (SELECT *, min(hour) OVER (PARTITION BY clientId) AS first FROM (${hoursSql(db, 'client')}))
     GROUP BY hour ORDER BY hour`,
    { from: fromHour * 3600, to: toHour * 3600 },
  );
}

/** Clients that are remembered after an hour or called in it. */
export async function readClientTotal(db: Db, hour: number, forgotten: number): Promise<number> {
  const [row] = await db.query<{ clients: number }>(
    `SELECT uniqExact(key) AS clients FROM (
       SELECT entity_key AS key FROM ${db.database}.${TABLES.volumeState} FINAL
       WHERE entity = 'client' AND active >= toDateTime({since:UInt32})
       UNION ALL
       SELECT toFixedString(SHA256(client_id), 32) AS key FROM ${db.database}.${TABLES.clientMinute}
       WHERE minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32})
     )`,
    { since: (hour - forgotten) * 3600, from: hour * 3600, to: (hour + 1) * 3600 },
  );
  return row?.clients ?? 0;
}

/** Tokens of a client before and after those were forgotten that are silent for long. */
export interface Children {
  clientId: string;
  before: number;
  after: number;
}

/** How many tokens each client has in an hour: the remembered ones and those that called in it. */
export async function readChildren(db: Db, hour: number, forgotten: number): Promise<Children[]> {
  return db.query<Children>(
    `SELECT client AS clientId, count() AS before,
       countIf(called = 1 OR active >= toDateTime({since:UInt32})) AS after
     FROM (
       SELECT if(h.called = 1, h.client, s.client_id) AS client, h.called AS called, s.active AS active
       FROM (SELECT entity_key AS key, client_id, active FROM ${db.database}.${TABLES.volumeState} FINAL
             WHERE entity = 'token') AS s
       FULL JOIN (
         SELECT token_hash AS key, toUInt8(1) AS called, toString(max(client_id)) AS client
         FROM ${db.database}.${TABLES.tokenMinute}
         WHERE minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32})
         GROUP BY token_hash
       ) AS h USING (key)
     )
     GROUP BY client`,
    { since: (hour - forgotten) * 3600, from: hour * 3600, to: (hour + 1) * 3600 },
  );
}

/** How many tokens are remembered. */
export async function readRemembered(db: Db): Promise<number> {
  const [row] = await db.query<{ tokens: number }>(
    `SELECT count() AS tokens FROM ${db.database}.${TABLES.volumeState} FINAL WHERE entity = 'token'`,
  );
  return row?.tokens ?? 0;
}

/** A client and how many tokens it had since an hour. */
export interface ClientSize {
  clientId: string;
  tokens: number;
}

/** All clients with calls since an hour, or those named, with their tokens, the smallest first. */
export async function readClientSizes(
  db: Db,
  fromHour: number,
  clients?: readonly string[],
): Promise<ClientSize[]> {
  return db.query<ClientSize>(
    `SELECT client_id AS clientId, uniq(token_hash) AS tokens
     FROM ${db.database}.${TABLES.tokenHour}
     WHERE hour >= toDateTime({from:UInt32})
       ${clients === undefined ? '' : 'AND client_id IN {clients:Array(String)}'}
     GROUP BY client_id ORDER BY tokens, client_id`,
    { from: fromHour * 3600, ...(clients === undefined ? {} : { clients }) },
  );
}

/**
 * How many tokens a client had since an hour, by each later hour in which a new one came: pairs of the
 * hour and their number once it was over, in order.
 */
export async function readGrowth(
  db: Db,
  clientId: string,
  fromHour: number,
): Promise<{ hour: number; tokens: number }[]> {
  return db.query<{ hour: number; tokens: number }>(
    `SELECT intDiv(toUnixTimestamp(first), 3600) AS hour,
       toUInt32(sum(count()) OVER (ORDER BY first)) AS tokens
     FROM (
       SELECT min(hour) AS first FROM ${db.database}.${TABLES.tokenHour}
       WHERE client_id = {clientId:String} AND hour >= toDateTime({from:UInt32})
       GROUP BY token_hash
     )
     GROUP BY first ORDER BY first`,
    { clientId, from: fromHour * 3600 },
  );
}

/**
 * Clients with calls of hours that were trained already which were written since a moment.
 *
 * @param since epoch seconds of the server's clock
 * @param through the last trained hour
 */
export async function readStaleClients(
  db: Db,
  since: number,
  through: number,
  fromHour: number,
): Promise<string[]> {
  const rows = await db.query<{ clientId: string }>(
    `SELECT DISTINCT client_id AS clientId FROM ${db.database}.${TABLES.clientMinute}
     WHERE written_at >= toDateTime({since:UInt32}) AND minute < toDateTime({to:UInt32})
       AND minute >= toDateTime({from:UInt32})`,
    { since, to: (through + 1) * 3600, from: fromHour * 3600 },
  );
  return rows.map((row) => row.clientId);
}
