import type { Db } from '../store/db.ts';
import { readFirstCalls } from '../store/detection/first-calls.ts';
import { readNeverPassed } from '../store/detection/never-passed.ts';
import type { OpenNotice } from './judge/judged.ts';
import { DETECTIONS } from './registry.ts';

/** What is told of habits: a token that was never let pass has none. */
const OF_HABITS =
  /^(?:volume|geography|sharing)\.|^scope\.(?:first-use|new-route|denied-burst)$|^environment\.new$/;

/** Of several things at once it says that none of them is usual: with its first call nothing is. */
const TOGETHER = DETECTIONS.sharingSeveralSigns.id;

/**
 * Leaves out what is noticed of the habits of tokens that were refused from their first call on: made-up
 * ones come by the thousand, each from a place and on a route that is new to it. That so many calls
 * are refused is told once, of the service (authorization.denied-storm). Nor is it told that several
 * things are unusual of a token whose first call of all is among them.
 */
export async function withoutNobodys(
  db: Db,
  notices: readonly OpenNotice[],
): Promise<OpenNotice[]> {
  const isOfHabit = ({ entity, detection }: OpenNotice): boolean =>
    entity.kind === 'token' && OF_HABITS.test(detection.id);
  const asked = notices.filter(isOfHabit);
  const tokens = [...new Set(asked.map(({ entity }) => entity.key))];
  const until = asked.reduce((last, { noticed }) => Math.max(last, noticed.windowEnd), 0);
  const together = asked.filter(({ detection }) => detection.id === TOGETHER);
  const [nobodys, firstCalls] = await Promise.all([
    readNeverPassed(db, tokens, until),
    readFirstCalls(db, [...new Set(together.map(({ entity }) => entity.key))]),
  ]);
  return notices.filter((one) => {
    if (!isOfHabit(one)) return true;
    if (nobodys.has(one.entity.key)) return false;
    const isFirst = one.noticed.windowStart <= (firstCalls.get(one.entity.key) ?? -Infinity);
    return !(one.detection.id === TOGETHER && isFirst);
  });
}
