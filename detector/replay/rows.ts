import type { Db } from '../../store/db.ts';
import { readHourValues, readMinutes } from '../../store/detection/replay.ts';
import type { Hours, MinutesRow, ValuesRow } from '../../store/detection/replay.ts';
import type { Sample } from '../../store/detection/samples.ts';

/** Up to so many tokens several hours are read at once; of more one hour at a time is enough to hold. */
export const MANY_TOKENS = 5_000;

/** What tokens did in one hour. */
export interface HourRows {
  hour: number;
  minutes: MinutesRow[];
  values: ValuesRow[];
}

/**
 * What tokens did in the hours of a range, hour by hour.
 *
 * @param known how many tokens were seen so far
 */
export async function* readRows(
  db: Db,
  range: Hours,
  sample: Sample | undefined,
  known: () => number,
): AsyncGenerator<HourRows> {
  for (let hour = range.fromHour; hour < range.toHour;) {
    const few = known() > 0 && known() <= MANY_TOKENS;
    const some = { fromHour: hour, toHour: few ? range.toHour : hour + 1 };
    const [minutes, values] = await Promise.all([
      readMinutes(db, some, sample).then(byHour),
      readHourValues(db, some, sample).then(byHour),
    ]);
    for (; hour < some.toHour; hour += 1) {
      yield { hour, minutes: minutes.get(hour) ?? [], values: values.get(hour) ?? [] };
    }
  }
}

function byHour<T extends { hour: number }>(rows: readonly T[]): Map<number, T[]> {
  return Map.groupBy(rows, (row) => row.hour);
}
