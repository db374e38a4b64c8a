import type { DetectorConfig } from '../../config/detector.ts';
import type { Db } from '../../store/db.ts';
import { readConcerns } from '../../store/detection/concerns.ts';
import type { Scope } from '../../store/detection/scope.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { environments } from './environments.ts';
import type { Watch } from './watch.ts';

/** Every watch: one line each. */
export const WATCHES: readonly Watch[] = [environments];

/** What all watches notice in a range of calls. */
export async function lookAround(
  db: Db,
  scope: Scope,
  settings: DetectorConfig,
): Promise<OpenNotice[]> {
  const concerned = await readConcerns(db, scope);
  const notices: OpenNotice[] = [];
  for (const watch of WATCHES) {
    if (concerned.has(watch.concern)) notices.push(...(await watch.look(db, scope, settings)));
  }
  return notices;
}
