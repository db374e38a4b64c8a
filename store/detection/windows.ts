import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { profileSelect } from './profiles.ts';
import type { ProfileRow } from './profiles.ts';
import type { Arrival } from './fresh.ts';
import { minutesSql } from './minutes.ts';
import { WITH_TOKEN, scopeParams, scopeSql } from './scope.ts';
import { andOwnClient, andOwnToken } from './shard.ts';

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
  /** Calls in the 60 min before the minute. */
  own: number;
  /** 1 when the expectation is the entity's own, 0 when it is that of any new token. */
  known: number;
}

/** So many windows are read at once; see {@link WindowPage}. */
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

const HOUR = 'toStartOfHour(toDateTime({minute:UInt32}))';

/**
 * Who called in the minute, of the calls that a look is about.
 *
 * @param own a further condition, `AND …`
 */
export function touchedSql(db: Db, key: string, own = ''): string {
  const arrived = scopeSql({ by: 'arrival', from: 0, to: 0 });
  return `SELECT ${key} FROM ${db.database}.${TABLES.calls} AS c
    WHERE ${arrived} AND ${WITH_TOKEN} AND toStartOfHour(c.time) = ${HOUR}
      AND toStartOfMinute(c.time) = toDateTime({minute:UInt32}) ${own}`;
}

/** Expectations of the hour of those that called, the latest of each; a few columns or all. */
function expectedSql(db: Db, entity: string, by: string, touched: string): string {
  return `SELECT * FROM ${db.database}.${TABLES.volumeProfile}
    PREWHERE entity = ${entity} AND ${by} IN (${touched})
    WHERE hour = ${HOUR} ORDER BY written_at DESC LIMIT 1 BY ${by}`;
}

const MINUTE = 'toDateTime({minute:UInt32})';
const SUMS = `sumIf(calls - failed, minute = ${MINUTE}) AS x1,
  sumIf(calls - failed, minute > ${MINUTE} - 300 AND minute <= ${MINUTE}) AS x5,
  sumIf(calls - failed, minute > ${MINUTE} - 3600 AND minute <= ${MINUTE}) AS x60,
  sumIf(calls - failed, minute >= ${MINUTE} - 3600 AND minute < ${MINUTE}) AS own`;
const ENOUGH = 'x1 > 0 AND (x1 >= 8 OR x5 >= 12 OR x60 >= 15)';

/** Calls of tokens in the windows that end with the minute, and in three clock hours. */
function tokenCountsSql(db: Db, touched: string): string {
  const minutes = minutesSql(db, {
    who: `token_hash IN (${touched}) AND token_hash > toFixedString(unhex({after:String}), 32)`,
    first: `${HOUR} - INTERVAL 2 HOUR`,
    last: `${HOUR} + INTERVAL 59 MINUTE`,
  });
  return `SELECT token_hash,
      argMaxIf(client_id, minute, minute >= ${MINUTE} - 3600 AND minute <= ${MINUTE}) AS client,
      ${SUMS}, sum(calls - failed) AS hours
    FROM ${minutes} GROUP BY token_hash HAVING ${ENOUGH}`;
}

/** The same of clients. */
function clientCountsSql(db: Db, touched: string): string {
  const { database } = db;
  return `SELECT m.client_id AS client_id, m.client_id AS client, x1, x5, x60, own, h.x AS hours
    FROM (
      SELECT client_id, ${SUMS} FROM ${database}.${TABLES.clientMinute}
      PREWHERE client_id IN (${touched})
      WHERE minute >= ${MINUTE} - 3600 AND minute <= ${MINUTE} AND client_id > {after:String}
      GROUP BY client_id HAVING ${ENOUGH}
    ) AS m
    LEFT JOIN (
      SELECT client_id, sum(calls - failed) AS x FROM ${database}.${TABLES.clientHour}
      WHERE hour > ${HOUR} - INTERVAL 3 HOUR AND hour <= ${HOUR} GROUP BY client_id
    ) AS h ON h.client_id = m.client_id`;
}

function windowsSql(db: Db, entity: 'token' | 'client', arrival: Arrival): string {
  const token = entity === 'token';
  const key = token ? 'token_hash' : 'client_id';
  const own = token ? andOwnToken(arrival) : andOwnClient(arrival);
  const touched = touchedSql(db, key, own);
  // Of whoever's client: a token may have called for another one in the same minute.
  const clients = touchedSql(db, 'client_id');
  const fallback = token
    ? `LEFT JOIN (${expectedSql(db, "'new'", 'client_id', clients)}) AS d ON d.client_id = w.client`
    : '';
  const picked = token ? 'if(p.psi != [], p.C, d.C)' : 'p.C';
  const columns = profileSelect('@').replaceAll(/@\.(\w+)/g, (_, c: string) =>
    picked.replaceAll('C', c),
  );
  // A token without a row of its own is new, or was away for long: then its state is to be asked.
  return `
    SELECT ${token ? 'lower(hex(w.token_hash))' : "''"} AS tokenHash, w.client AS clientId,
      toUInt8(p.psi != []) AS known, x1, x5, x60, own, hours + p.earlier AS x1440, ${columns}
    FROM (${token ? tokenCountsSql(db, touched) : clientCountsSql(db, touched)}) AS w
    LEFT JOIN (${expectedSql(db, '{entity:String}', token ? 'entity_key' : 'client_id', touched)}) AS p
      ON ${token ? 'p.entity_key = w.token_hash' : 'p.client_id = w.client_id'}
    ${fallback}
    WHERE ${token ? '(p.psi = [] AND d.psi != []) OR (p.psi != [] AND (@))' : 'p.psi != [] AND (@)'}
    ORDER BY w.${key} LIMIT ${String(MOST)}`.replaceAll('(@)', `(${WORTH})`);
}

/** Windows of a look, a bounded number at a time. */
export interface WindowPage {
  rows: WindowRow[];
  /** Where the next page begins; null when this was the last. */
  next: string | null;
}

/**
 * Tokens or clients with calls in a minute, among those that a look is about, whose windows that end
 * with it stand out against what is expected of the hour. A superset of what the pure functions will
 * find remarkable; tokens that nothing is expected of by themselves are all among them.
 *
 * @param minute its beginning, epoch seconds
 * @param arrival when the calls arrived, [from, to), epoch ms; and whose they are
 * @param after where the page before ended
 */
export async function readWindows(
  db: Db,
  entity: 'token' | 'client',
  minute: number,
  arrival: Arrival,
  after = '',
): Promise<WindowPage> {
  const params = { ...scopeParams(arrival), minute, entity, after };
  const rows = await db.query<WindowRow>(windowsSql(db, entity, arrival), params);
  const last = rows.at(-1);
  const full = rows.length === MOST && last !== undefined;
  return { rows, next: full ? last.tokenHash || last.clientId : null };
}

/** Calls of clients in the 60 min before a minute (epoch seconds). */
export async function readClientHours(
  db: Db,
  minute: number,
  clients: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db.query<{ clientId: string; calls: number }>(
    `SELECT client_id AS clientId, sum(calls - failed) AS calls
     FROM ${db.database}.${TABLES.clientMinute}
     WHERE minute >= toDateTime({minute:UInt32} - 3600) AND minute < toDateTime({minute:UInt32})
       AND client_id IN {clients:Array(String)} GROUP BY client_id`,
    { minute, clients: [...new Set(clients)] },
  );
  return new Map(rows.map((row) => [row.clientId, row.calls]));
}
