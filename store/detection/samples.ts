import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';

/** Some whole clients, chosen by the hashes of their ids: those of a range, but for the largest. */
export interface Sample {
  /** Whole numbers of 64 bits, both inclusive. */
  first: string;
  last: string;
  but: string[];
}

/** A condition on rows of clients: that they are in a sample; see {@link sampleParams}. */
export function sampled(sample: Sample | undefined): string {
  return sample === undefined
    ? '1'
    : `cityHash64(client_id) >= {sampleFirst:UInt64} AND cityHash64(client_id) <= {sampleLast:UInt64}
       AND client_id NOT IN {sampleBut:Array(String)}`;
}

/** What {@link sampled} binds. */
export function sampleParams(sample: Sample | undefined): Record<string, string | string[]> {
  if (sample === undefined) return {};
  return { sampleFirst: sample.first, sampleLast: sample.last, sampleBut: sample.but };
}

/** Clients by the hash of their id, with the number of their tokens. */
const clientsSql = (db: Db): string =>
  `SELECT client_id, cityHash64(client_id) AS h, uniq(token_hash) AS n
   FROM ${db.database}.${TABLES.clientValues} WHERE dimension = 'any' GROUP BY client_id`;

/**
 * A sample of clients with at most so many tokens together; null when there is none, because every
 * client is larger.
 */
export async function readSample(db: Db, tokens: number): Promise<Sample | null> {
  const [row] = await db.query<{ found: number; last: string; but: string[] }>(
    `SELECT countIf(fits AND total <= {tokens:UInt32}) AS found,
       toString(maxIf(h, fits AND total <= {tokens:UInt32})) AS last,
       groupArrayIf(client_id, NOT fits) AS but
     FROM (
       SELECT client_id, h, n <= {tokens:UInt32} / 2 AS fits,
         sumIf(n, n <= {tokens:UInt32} / 2) OVER (ORDER BY h) AS total
       FROM (${clientsSql(db)})
     )`,
    { tokens },
  );
  return row === undefined || row.found === 0 ? null : { first: '0', last: row.last, but: row.but };
}

/** The last of all hashes. */
const LAST = String(2n ** 64n - 1n);

/**
 * Divides all clients into samples with at most so many tokens together; a client with more than a
 * quarter of that is one by itself, however large it is. Every string that may be a client's id is in
 * one of them.
 */
export async function readSlices(db: Db, tokens: number): Promise<Sample[]> {
  const small = Math.max(1, Math.floor(tokens / 4));
  const params = { small, step: Math.max(1, tokens - small) };
  const clients = `SELECT client_id, h, n <= {small:UInt32} AS fits,
      intDiv(sumIf(n, fits) OVER (ORDER BY h) - 1, {step:UInt32}) AS slice
    FROM (${clientsSql(db)})`;
  const [slices, large] = await Promise.all([
    db.query<{ first: string }>(
      `SELECT toString(min(h)) AS first FROM (${clients}) WHERE fits GROUP BY slice ORDER BY slice`,
      params,
    ),
    db.query<{ client: string; hash: string }>(
      `SELECT client_id AS client, toString(h) AS hash FROM (${clients}) WHERE NOT fits ORDER BY h`,
      params,
    ),
  ]);
  const but = large.map((one) => one.client);
  const edges = ['0', ...slices.slice(1).map((one) => one.first)];
  return [
    ...edges.map((first, i) => {
      const next = edges[i + 1];
      return { first, last: next === undefined ? LAST : String(BigInt(next) - 1n), but };
    }),
    ...large.map(({ hash }) => ({ first: hash, last: hash, but: [] })),
  ];
}

/** Which of some clients are in a sample. */
export async function readMembers(
  db: Db,
  sample: Sample,
  clients: readonly string[],
): Promise<Set<string>> {
  if (clients.length === 0) return new Set();
  const rows = await db.query<{ client_id: string }>(
    `SELECT client_id FROM (SELECT arrayJoin({clients:Array(String)}) AS client_id)
     WHERE ${sampled(sample)}`,
    { ...sampleParams(sample), clients: [...new Set(clients)] },
  );
  return new Set(rows.map((row) => row.client_id));
}
