import type { Db } from '../../store/db.ts';
import { readBusiestHours } from '../../store/detection/busiest.ts';
import { hourOf } from '../volume/calendar.ts';
import type { Judged } from './judged.ts';
import { judgeMixes } from './mix.ts';
import { judgeRecord } from './record.ts';
import { judgeSurge } from './surge.ts';

const NO_HOURS = { top: [], active: 0 };

/**
 * Judges tokens whose volume stands out, and forgets them: by what was expected of them, beside their
 * busiest hours, and by what their calls are made of.
 */
export async function judgeStandingOut(db: Db, into: Judged): Promise<void> {
  const cases = into.standingOut ?? [];
  into.standingOut = [];
  for (const [hour, some] of Map.groupBy(cases, (one) => hourOf(one.window.minute))) {
    const keys = some.map((one) => one.entity.key);
    const busiest = await readBusiestHours(db, hour, keys, into.ancestry?.(hour));
    const known = some.map((one) => {
      const hours = busiest.get(one.entity.key) ?? NO_HOURS;
      return { ...one, baseline: { ...one.baseline, hours } };
    });
    for (const one of known) {
      judgeSurge(one, into);
      judgeRecord(one, one.baseline.hours, into);
    }
    await judgeMixes(db, hour, known, into);
  }
}
