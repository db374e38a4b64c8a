import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { sourcesParams, sourcesSql } from './ancestry.ts';
import type { Ancestry } from './ancestry.ts';
import { NAMED_TOKENS } from './named-tokens.ts';

/** How far back hours teach what a token's calls are made of. */
const MEMORY = 28 * 24;
/** Routes of a token that are looked at, those with the most calls. */
const MOST_ROUTES = 200;

/** What is known of one route of a token, by clock hours in which the token called. */
export interface RoutePast {
  route: string;
  /** Its first call within that time, epoch ms. */
  firstSeen: number;
  /** Sums over hours: its calls r, r², and r times all calls n of the hour. */
  calls: number;
  squares: number;
  products: number;
}

/** What a token's calls are made of. */
export interface MixPast {
  /** Hours with calls; the sums over them of all calls n, and of n². */
  active: number;
  calls: number;
  squares: number;
  routes: RoutePast[];
}

/**
 * The routes of tokens and of those that they follow, in the four weeks that end an hour before `hour`
 * (since the epoch), at most 200 of each. Tokens without routes are left out.
 */
export async function readMixPasts(
  db: Db,
  hour: number,
  tokens: readonly string[],
  ancestry?: Ancestry,
): Promise<Map<string, MixPast>> {
  const rows = await db.query<RoutePast & { tokenHash: string; share: number }>(
    `WITH sources AS (${sourcesSql(db, 'toDateTime({hour:UInt32} * 3600)', ancestry)})
     SELECT lower(hex(token)) AS tokenHash, value AS route,
       toUnixTimestamp64Milli(min(first)) AS firstSeen, sum(r) AS calls, sum(r * r) AS squares,
       sum(r * n) AS products, sum(r / n) AS share
     FROM (
       SELECT s.token AS token, v.value AS value, v.hour AS hour, min(v.first_seen) AS first,
         toFloat64(sum(v.calls)) AS r, sum(r) OVER (PARTITION BY token, hour) AS n
       FROM (
         SELECT token_hash, value, hour, first_seen, calls FROM ${db.database}.${TABLES.tokenValues}
         WHERE token_hash IN (SELECT source FROM sources) AND dimension = 'route'
           AND hour < toDateTime(({hour:UInt32} - 1) * 3600)
           AND hour >= toDateTime(({hour:UInt32} - ${String(MEMORY)}) * 3600)
       ) AS v JOIN sources AS s ON s.source = v.token_hash
       GROUP BY token, value, hour
     )
     GROUP BY token, value ORDER BY calls DESC LIMIT ${String(MOST_ROUTES)} BY token`,
    { hour, ...sourcesParams(tokens, ancestry) },
  );
  const pasts = new Map<string, MixPast>();
  for (const { tokenHash, share, ...route } of rows) {
    const past = pasts.get(tokenHash) ?? { active: 0, calls: 0, squares: 0, routes: [] };
    pasts.set(tokenHash, past);
    past.routes.push(route);
    // Of each hour the shares add up to one, the calls to n, the products to n².
    past.active += share;
    past.calls += route.calls;
    past.squares += route.products;
  }
  return pasts;
}

/** What a token called within some hours: on all routes, and on each. */
export interface MixOfHours {
  calls: number;
  routes: Map<string, number>;
}

/**
 * What tokens called in the hours [from, to] since the epoch, both inclusive, by token; calls without a
 * route are left out.
 */
export async function readMixes(
  db: Db,
  range: { from: number; to: number },
  tokens: readonly string[],
): Promise<Map<string, MixOfHours>> {
  const rows = await db.query<{ tokenHash: string; route: string; calls: number }>(
    `SELECT lower(hex(token_hash)) AS tokenHash, value AS route, sum(calls) AS calls
     FROM ${db.database}.${TABLES.tokenValues}
     WHERE token_hash IN (${NAMED_TOKENS}) AND dimension = 'route'
       AND hour >= toDateTime({from:UInt32} * 3600) AND hour <= toDateTime({to:UInt32} * 3600)
     GROUP BY token_hash, value`,
    { ...range, tokens: [...new Set(tokens)] },
  );
  const mixes = new Map<string, MixOfHours>();
  for (const { tokenHash, route, calls } of rows) {
    const mix = mixes.get(tokenHash) ?? { calls: 0, routes: new Map<string, number>() };
    mixes.set(tokenHash, mix);
    mix.calls += calls;
    mix.routes.set(route, calls);
  }
  return mixes;
}

/** Calls of a token on one route in one minute. */
export interface RouteMinute {
  /** Minutes since the epoch. */
  minute: number;
  route: string;
  calls: number;
}

/**
 * What tokens called minute by minute, by token; failed calls (5xx, 429) and those without a route are
 * left out.
 *
 * @param range minutes since the epoch, both inclusive
 */
export async function readRouteMinutes(
  db: Db,
  range: { first: number; last: number },
  tokens: readonly string[],
): Promise<Map<string, RouteMinute[]>> {
  const rows = await db.query<RouteMinute & { tokenHash: string }>(
    `SELECT lower(hex(token_hash)) AS tokenHash, toUInt32(intDiv(toUnixTimestamp(time), 60)) AS minute,
       concat(method, ' ', route) AS route, count() AS calls
     FROM ${db.database}.${TABLES.calls} AS c
     WHERE toStartOfHour(c.time) >= toStartOfHour(toDateTime({first:UInt32} * 60))
       AND toStartOfHour(c.time) <= toDateTime({last:UInt32} * 60)
       AND c.time >= toDateTime({first:UInt32} * 60) AND c.time < toDateTime(({last:UInt32} + 1) * 60)
       AND c.token_hash IN (${NAMED_TOKENS}) AND c.route != '' AND c.status < 500 AND c.status != 429
     GROUP BY tokenHash, minute, route ORDER BY tokenHash, minute`,
    { ...range, tokens: [...new Set(tokens)] },
  );
  return Map.groupBy(rows, (row) => row.tokenHash);
}
