import type { Db } from '../store/db.ts';
import { readFirstCalls } from '../store/detection/first-calls.ts';
import { readForbidden, readNeverPassed } from '../store/detection/never-passed.ts';
import type { OpenNotice } from './judge/judged.ts';
import { DETECTIONS } from './registry.ts';

/** What is told of habits: a token that was never let pass has none. */
const OF_HABITS =
  /^(?:volume|geography|sharing)\.|^scope\.(?:first-use|new-route|denied-burst)$|^environment\.new$/;

/** Of several things at once it says that none of them is usual: with its first call nothing is. */
const TOGETHER = DETECTIONS.sharingSeveralSigns.id;
/** A good token that is forbidden one thing after the other is somebody's, from its first call on. */
const EXPLORING = DETECTIONS.scopeDeniedBurst.id;

/**
 * Leaves out what is noticed of the habits of tokens that were refused from their first call on: made-up
 * ones come by the thousand, each from a place and on a route that is new to it. That so many calls
 * are refused is told once, of the service (authorization.denied-storm). A good token that
 * is forbidden one thing after the other is told of. Nor is it told that several things are unusual of a
 * token whose first call of all is among them.
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
  const from = asked.reduce((first, { noticed }) => Math.min(first, noticed.windowStart), until);
  const exploring = asked.filter(({ detection }) => detection.id === EXPLORING);
  const together = asked.filter(({ detection }) => detection.id === TOGETHER);
  const [nobodys, forbidden, firstCalls] = await Promise.all([
    readNeverPassed(db, tokens, until),
    readForbidden(db, [...new Set(exploring.map(({ entity }) => entity.key))], { from, to: until }),
    readFirstCalls(db, [...new Set(together.map(({ entity }) => entity.key))]),
  ]);
  return notices.filter((one) => {
    if (!isOfHabit(one)) return true;
    const explores = one.detection.id === EXPLORING && forbidden.has(one.entity.key);
    if (nobodys.has(one.entity.key) && !explores) return false;
    const isFirst = one.noticed.windowStart <= (firstCalls.get(one.entity.key) ?? -Infinity);
    return !(one.detection.id === TOGETHER && isFirst);
  });
}
