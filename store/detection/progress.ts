import { WHOLE, parseShard, shardName } from '../../config/shard.ts';
import type { Shard } from '../../config/shard.ts';
import type { Db } from '../db.ts';
import { readStageState, writeStageState } from '../stage-state.ts';
import { TABLES } from '../tables.ts';

/** How far one shard of a layout came: the shards of 2/2 and of 2/4 each have their own. */
export interface Progress {
  shard: Shard;
  /** Until when arrivals have been looked at, epoch ms of the server's clock. */
  cursor: number;
  /** When that was written, by the same clock. */
  at: number;
}

const CURSOR = 'cursor';

/** The one detector's progress has the plain name that it always had. */
function keyOf(shard: Shard): string {
  return shard.count === 1 ? CURSOR : `${CURSOR} ${shardName(shard)}`;
}

/** The progress of all shards of all layouts that ever looked. */
export async function readProgress(db: Db): Promise<Progress[]> {
  const rows = await db.query<{ key: string; value: string; at: number }>(
    `SELECT key, argMax(value, updated_at) AS value,
       toUnixTimestamp64Milli(max(updated_at)) AS at
     FROM ${db.database}.${TABLES.stageState}
     WHERE stage = 'detector' AND startsWith(key, {cursor:String}) GROUP BY key`,
    { cursor: CURSOR },
  );
  return rows.flatMap(({ key, value, at }) => {
    const shard = key === CURSOR ? WHOLE : parseShard(key.slice(CURSOR.length + 1));
    const cursor: unknown = JSON.parse(value);
    return shard === null || typeof cursor !== 'number' ? [] : [{ shard, cursor, at }];
  });
}

/** Keeps how far a shard came (epoch ms, the server's clock). */
export async function writeProgress(db: Db, shard: Shard, cursor: number): Promise<void> {
  await writeStageState(db, 'detector', keyOf(shard), cursor);
}

/** The hour (since the epoch) that the first of several detectors has written expectations for; −1: none. */
export async function readPreparedHour(db: Db): Promise<number> {
  const kept = await readStageState(db, 'detector', 'prepared-hour');
  return typeof kept === 'number' ? kept : -1;
}

/** Keeps it, for the others to wait for. */
export async function writePreparedHour(db: Db, hour: number): Promise<void> {
  await writeStageState(db, 'detector', 'prepared-hour', hour);
}
