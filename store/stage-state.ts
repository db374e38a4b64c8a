import type { Db } from './db.ts';
import { TABLES } from './tables.ts';

/** A small JSON fact that a stage keeps across restarts, or null when it keeps none by that key. */
export async function readStageState(db: Db, stage: string, key: string): Promise<unknown> {
  const [row] = await db.query<{ value: string }>(
    `SELECT value FROM ${db.database}.${TABLES.stageState}
     WHERE stage = {stage:String} AND key = {key:String} ORDER BY updated_at DESC LIMIT 1`,
    { stage, key },
  );
  return row === undefined ? null : (JSON.parse(row.value) as unknown);
}

/** Keeps a small JSON fact; the latest one of a key is the one that is read. */
export async function writeStageState(
  db: Db,
  stage: string,
  key: string,
  value: unknown,
): Promise<void> {
  await db.insert(TABLES.stageState, [{ stage, key, value: JSON.stringify(value) }]);
}
