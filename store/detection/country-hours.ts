import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** Hours before `hour` in which a token showed several countries, and its active hours. */
export interface CountryHours {
  tokenHash: string;
  active: number;
  /** Countries of each hour with more than one. */
  several: string[][];
  /**
   * Pairs of countries (`DE-US`, in order of the alphabet) that this token, or another one of its
   * client, showed together in at least two hours.
   */
  pairs: string[];
}

/** So many of a client's tokens say which pairs of countries it is used to. */
const MOST_KIN = 300;

/** Countries of each hour, of the tokens in `tokens`, over the 90 days before an hour. */
function countryHoursSql(db: Db, tokens: string): string {
  return `SELECT token_hash, hour, groupUniqArray(20)(value) AS countries
       FROM ${db.database}.${TABLES.tokenValues}
       WHERE token_hash IN (${tokens}) AND dimension = 'country'
         AND hour < toDateTime({hour:UInt32} * 3600)
         AND hour >= toDateTime(({hour:UInt32} - 2160) * 3600)
       GROUP BY token_hash, hour`;
}

/** Pairs of countries that tokens, or others of their clients, showed in the same hour at least twice. */
async function readPairs(
  db: Db,
  hour: number,
  tokens: readonly string[],
): Promise<{ tokenHash: string; pairs: string[] }[]> {
  // Sorted by token, and asked first: the tokens of a client are sorted by client.
  const own = await db.query<{ client: string; token: string }>(
    `SELECT DISTINCT toString(client_id) AS client, lower(hex(token_hash)) AS token
     FROM ${db.database}.${TABLES.tokenValues}
     WHERE token_hash IN (${NAMED_TOKENS}) AND dimension = 'any'`,
    { tokens },
  );
  if (own.length === 0) return [];
  const ownSql = `SELECT one.1 AS client_id, toFixedString(unhex(one.2), 32) AS token_hash
    FROM (SELECT arrayJoin(arrayZip({clients:Array(String)}, {owned:Array(String)})) AS one)`;
  // Of clients with very many tokens, some will do; the token itself is always among them.
  const kin = `${ownSql} UNION DISTINCT (
    SELECT toString(client_id) AS client_id, token_hash FROM ${db.database}.${TABLES.clientValues}
    WHERE dimension = 'any' AND client_id != '' AND client_id IN {clients:Array(String)}
    LIMIT ${String(MOST_KIN)} BY client_id)`;
  // Hours are much to read: only of those that ever showed a second country.
  const movers = `SELECT token_hash FROM ${db.database}.${TABLES.tokenSeen}
    WHERE token_hash IN (SELECT token_hash FROM (${kin})) AND dimension = 'country'
    GROUP BY token_hash HAVING uniqExact(value) > 1`;
  return db.query(
    `SELECT lower(hex(o.token_hash)) AS tokenHash, groupUniqArray(200)(pair) AS pairs
     FROM (SELECT DISTINCT if(client_id = '', hex(token_hash), client_id) AS owner, token_hash
           FROM (${ownSql})) AS o
     JOIN (
       SELECT owner, pair FROM (
         SELECT if(s.client_id = '', hex(s.token_hash), s.client_id) AS owner, h.hour AS hour,
           arrayJoin(arrayFlatten(arrayMap(a -> arrayMap(b -> concat(a, '-', b),
             arrayFilter(b -> b > a, h.countries)), h.countries))) AS pair
         FROM (${countryHoursSql(db, movers)} HAVING length(countries) > 1) AS h
         JOIN (${kin}) AS s ON s.token_hash = h.token_hash
       )
       GROUP BY owner, pair HAVING uniqExact(hour) >= 2
     ) AS p ON p.owner = o.owner
     GROUP BY o.token_hash`,
    { hour, clients: own.map(({ client }) => client), owned: own.map(({ token }) => token) },
  );
}

/** The tokens' record of several countries within an hour, over 90 days. */
export async function readCountryHours(
  db: Db,
  hour: number,
  tokens: readonly string[],
): Promise<CountryHours[]> {
  const params = { tokens: [...new Set(tokens)], hour };
  const [records, pairs] = await Promise.all([
    db.query<Omit<CountryHours, 'pairs'>>(
      `SELECT lower(hex(token_hash)) AS tokenHash, count() AS active,
         groupArrayIf(500)(countries, length(countries) > 1) AS several
       FROM (${countryHoursSql(db, NAMED_TOKENS)}) GROUP BY token_hash`,
      params,
    ),
    readPairs(db, hour, params.tokens),
  ]);
  const recordOf = new Map(
    records.map((one) => [one.tokenHash, { ...one, pairs: [] as string[] }]),
  );
  for (const { tokenHash, pairs: known } of pairs) {
    const record = recordOf.get(tokenHash) ?? { tokenHash, active: 0, several: [], pairs: [] };
    recordOf.set(tokenHash, { ...record, pairs: known });
  }
  return [...recordOf.values()];
}
