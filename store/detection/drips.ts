import type { Shard } from '../../config/shard.ts';
import type { Db } from '../db.ts';
import { insertHashed } from '../insert-hashed.ts';
import { TABLES } from '../tables.ts';
import { andOwn, shardParams } from './shard.ts';

/** A token that has called more than was expected for hours, and more so with the last one. */
export interface Drip {
  /** The hour that was learnt last, since the epoch. */
  hour: number;
  tokenHash: string;
  clientId: string;
  /** Accumulated evidence, in standard deviations. */
  deviations: number;
}

/** So many of an hour are judged, those with the most evidence. */
const MOST = 20_000;

/** Keeps what training noticed; the same again changes nothing. */
export async function writeDrips(db: Db, rows: readonly Drip[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = {
    ...{ hour: 'UInt32', token_hash: 'String', client_id: 'String' },
    deviations: 'Float32',
  };
  await insertHashed(
    db,
    { table: TABLES.drips, columns, hashes: ['token_hash'], times: [] },
    rows.map((row) => ({
      hour: row.hour * 3600,
      token_hash: row.tokenHash,
      client_id: row.clientId,
      deviations: row.deviations,
    })),
  );
}

/** What was noticed in the hours after one (since the epoch), in their order. */
export async function readDrips(db: Db, after: number, shard?: Shard): Promise<Drip[]> {
  return db.query<Drip>(
    `SELECT intDiv(toUnixTimestamp(d.hour), 3600) AS hour, lower(hex(d.token_hash)) AS tokenHash,
       any(toString(d.client_id)) AS clientId, max(d.deviations) AS deviations
     FROM ${db.database}.${TABLES.drips} AS d
     WHERE d.hour > toDateTime({after:UInt32} * 3600) ${andOwn({ shard }, 'd.token_hash')}
     GROUP BY hour, tokenHash ORDER BY hour, deviations DESC LIMIT ${String(MOST)} BY hour`,
    { after, ...shardParams({ shard }) },
  );
}
