import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** How often values of one kind were masked in one field of one service's calls, on one day. */
export interface HygieneRow {
  /** UTC, `2026-11-22`. */
  day: string;
  service: string;
  /** The column of `calls` that the value was meant for. */
  field: string;
  /** `card`, `token`, `mail`, `ip` or `key`. */
  kind: string;
  count: number;
}

/** Adds counts; a repeated write with the same token adds nothing. */
export async function writeHygiene(
  db: Db,
  rows: readonly HygieneRow[],
  deduplicationToken: string,
): Promise<void> {
  await db.insert(TABLES.hygiene, rows, { deduplicationToken });
}

export interface HygieneQuery {
  /** Epoch ms; the whole UTC day that it falls into counts. */
  since: number;
  service?: string;
  /** 1,000 by default. */
  limit?: number;
}

/** The hygiene report: newest day first, in it the most frequent first. */
export async function readHygiene(db: Db, query: HygieneQuery): Promise<HygieneRow[]> {
  return db.query<HygieneRow>(
    `SELECT day, service, field, kind, sum(hygiene.count) AS count
     FROM ${db.database}.${TABLES.hygiene} AS hygiene
     WHERE day >= toDate(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
       AND ({service:String} = '' OR service = {service:String})
     GROUP BY day, service, field, kind
     ORDER BY day DESC, count DESC, service, field, kind
     LIMIT {limit:UInt32}`,
    { since: query.since, service: query.service ?? '', limit: query.limit ?? 1000 },
  );
}
