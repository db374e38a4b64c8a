import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { profileSelect } from './profiles.ts';
import type { ProfileRow } from './profiles.ts';

/**
 * An entity whose calls up to a minute are many enough to look at, with what was expected.
 * Failed calls (5xx, 429) are never volume: retry storms and outages are not the token’s doing.
 */
export interface WindowRow extends ProfileRow {
  tokenHash: string;
  /** Calls in the minute, and in the 5 min, 60 min and 24 clock hours that end with it. */
  x1: number;
  x5: number;
  x60: number;
  x1440: number;
  /** 1 when the expectation is the entity's own, 0 when it is that of any new token. */
  known: number;
}

const MOST = 5_000;

/** Above the mean of every expert by enough in at least one window: see detector/volume/surge.ts. */
const WORTH = [
  ['x1', 8, '1 / 60'],
  ['x5', 12, '1 / 12'],
  ['x60', 15, '1'],
]
  .map(
    ([x, fewest, share]) =>
      `(${String(x)} >= ${String(fewest)} AND ${String(x)} > 1.3 * least(meanA, meanB, prevA, prevB) * ${String(share)} + 3)`,
  )
  .concat('(x1440 >= 30 AND x1440 > 1.3 * least(dayA, dayB) + 3)')
  .join(' OR ');

function windowsSql(db: Db, entity: 'token' | 'client'): string {
  const { database } = db;
  const token = entity === 'token';
  const key = token ? 'token_hash' : 'client_id';
  const minutes = token ? TABLES.tokenMinute : TABLES.clientMinute;
  const fallback = token
    ? `LEFT JOIN (SELECT * FROM ${database}.${TABLES.volumeProfile} FINAL
         WHERE hour = toStartOfHour(toDateTime({minute:UInt32})) AND entity = 'new') AS d
       ON d.client_id = w.client`
    : '';
  const picked = token ? 'if(p.psi != [], p.C, d.C)' : 'p.C';
  const columns = profileSelect('@').replaceAll(/@\.(\w+)/g, (_, c: string) =>
    picked.replaceAll('C', c),
  );
  return `
    SELECT ${token ? 'lower(hex(w.token_hash))' : "''"} AS tokenHash, w.client AS clientId,
      toUInt8(p.psi != []) AS known, x1, x5, x60, h.x AS x1440, ${columns}
    FROM (
      SELECT ${key}, ${token ? 'argMax(client_id, minute)' : 'client_id'} AS client,
        sumIf(calls - failed, minute = toDateTime({minute:UInt32})) AS x1,
        sumIf(calls - failed, minute > toDateTime({minute:UInt32} - 300)) AS x5, sum(calls - failed) AS x60
      FROM ${database}.${minutes}
      WHERE minute > toDateTime({minute:UInt32} - 3600) AND minute <= toDateTime({minute:UInt32})
        ${token ? '' : "AND client_id != ''"}
      GROUP BY ${key}
      HAVING x1 > 0 AND (x1 >= 8 OR x5 >= 12 OR x60 >= 15)
    ) AS w
    LEFT JOIN (
      SELECT ${key}, sum(calls - failed) AS x FROM ${database}.${TABLES.tokenHour}
      WHERE hour > toStartOfHour(toDateTime({minute:UInt32})) - INTERVAL 24 HOUR
        AND hour <= toStartOfHour(toDateTime({minute:UInt32}))
      GROUP BY ${key}
    ) AS h ON h.${key} = w.${key}
    LEFT JOIN (
      SELECT * FROM ${database}.${TABLES.volumeProfile} FINAL
      WHERE hour = toStartOfHour(toDateTime({minute:UInt32})) AND entity = {entity:String}
    ) AS p ON ${token ? 'p.entity_key = w.token_hash' : 'p.client_id = w.client_id'}
    ${fallback}
    WHERE ${token ? '(p.psi != [] OR d.psi != [])' : 'p.psi != []'} AND (${WORTH})
    ORDER BY x5 / (3 + least(meanA, meanB)) DESC
    LIMIT ${String(MOST)}`;
}

/**
 * Tokens or clients with calls in a minute whose windows that end with it stand out against what
 * is expected of the hour. A superset of what the pure functions will find remarkable.
 *
 * @param minute its beginning, epoch seconds
 */
export async function readWindows(
  db: Db,
  entity: 'token' | 'client',
  minute: number,
): Promise<WindowRow[]> {
  return db.query<WindowRow>(windowsSql(db, entity), { minute, entity });
}

/** A client's calls and expectation over the 60 min that end before a minute. */
export interface ClientHour {
  clientId: string;
  calls: number;
  /** By the token's hash: calls of those tokens that were asked for. */
  own: Record<string, number>;
}

/** The trailing hour (before `minute`, epoch seconds) of clients, and of some of their tokens. */
export async function readClientHours(
  db: Db,
  minute: number,
  clients: readonly string[],
  tokens: readonly string[],
): Promise<Map<string, ClientHour>> {
  const params = { minute, clients: [...new Set(clients)], tokens: [...new Set(tokens)] };
  const range = `minute >= toDateTime({minute:UInt32} - 3600) AND minute < toDateTime({minute:UInt32})`;
  const totals = await db.query<{ clientId: string; calls: number }>(
    `SELECT client_id AS clientId, sum(calls - failed) AS calls FROM ${db.database}.${TABLES.clientMinute}
     WHERE ${range} AND client_id IN {clients:Array(String)} GROUP BY client_id`,
    params,
  );
  const own = await db.query<{ clientId: string; tokenHash: string; calls: number }>(
    `SELECT client_id AS clientId, lower(hex(token_hash)) AS tokenHash, sum(calls - failed) AS calls
     FROM ${db.database}.${TABLES.tokenMinute}
     WHERE ${range} AND token_hash IN (SELECT unhex(arrayJoin({tokens:Array(String)})))
     GROUP BY client_id, token_hash`,
    params,
  );
  const hours = new Map<string, ClientHour>();
  for (const { clientId, calls } of totals) hours.set(clientId, { clientId, calls, own: {} });
  for (const row of own) {
    const client = hours.get(row.clientId);
    if (client !== undefined) client.own[row.tokenHash] = row.calls;
  }
  return hours;
}
