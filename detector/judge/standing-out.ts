import type { Db } from '../../store/db.ts';
import type { Judged } from './judged.ts';
import { judgeMixes } from './mix.ts';
import { judgeRecords } from './record.ts';

/**
 * Judges tokens whose volume stands out, and forgets them: beside their busiest hours, and by what their
 * calls are made of.
 */
export async function judgeStandingOut(db: Db, into: Judged): Promise<void> {
  const cases = into.standingOut ?? [];
  into.standingOut = [];
  await judgeRecords(db, cases, into);
  await judgeMixes(db, cases, into);
}
