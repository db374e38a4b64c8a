import type { Db } from '../store/db.ts';
import { readNeverPassed } from '../store/detection/never-passed.ts';
import type { OpenNotice } from './judge/judged.ts';

/** What is told of habits: a token that was never let pass has none. */
const OF_HABITS =
  /^(?:volume|geography|sharing)\.|^scope\.(?:first-use|new-route|denied-burst)$|^environment\.new$/;

/**
 * Leaves out what is noticed of the habits of tokens that were refused from their first call on: made-up
 * ones come by the thousand, each from a place and on a route that is new to it. That so many calls
 * are refused is told once, of the service (authorization.denied-storm).
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
  const nobodys = await readNeverPassed(db, tokens, until);
  return notices.filter((one) => !isOfHabit(one) || !nobodys.has(one.entity.key));
}
