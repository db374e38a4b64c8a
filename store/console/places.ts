import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { callsOf } from './activity.ts';
import type { About } from './activity.ts';

/** Calls from one country. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  country: string;
  calls: number;
  /** Epoch ms. */
  firstAt: number;
  lastAt: number;
}

/** Where calls of a stretch [from, to) (epoch ms) came from, in order of their first call; unknown places are left out. */
export async function readPlaces(
  db: Db,
  about: About,
  range: { from: number; to: number },
): Promise<Place[]> {
  return db.query<Place>(
    `SELECT country, count() AS calls, toUnixTimestamp64Milli(min(time)) AS firstAt,
       toUnixTimestamp64Milli(max(time)) AS lastAt
     FROM ${db.database}.${TABLES.calls} WHERE ${callsOf(about)} AND country != ''
     GROUP BY country ORDER BY firstAt LIMIT 300`,
    { ...about, ...range },
  );
}
