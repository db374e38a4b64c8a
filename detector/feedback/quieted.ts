import type { Db } from '../../store/db.ts';
import { QUIETED_MS, readRefuted } from '../../store/detection/verdicts.ts';
import type { Refuted } from '../../store/detection/verdicts.ts';
import type { OpenNotice } from '../judge/judged.ts';

/** A value that was called harmless counts as if it had been seen in so many hours. */
const WORTH_HOURS = 5;
/** How long what people said is believed to be the same, ms. */
const STALE_MS = 10_000;

/** What people said of earlier findings, as far as it concerns new ones. */
export interface Feedback {
  /** Whether this was called a false positive, and is to be left alone. */
  isQuieted: (notice: OpenNotice) => boolean;
  /** Active hours that a value of a token is worth beyond those that were seen. */
  worth: (tokenHash: string, dimension: string, value: string) => number;
}

/** Which dimension a detection's value belongs to. */
const DIMENSION_OF: Readonly<Record<string, string>> = {
  'scope.first-use': 'scope',
  'scope.beyond-grant': 'scope',
  'scope.new-route': 'route',
  'geography.new-country': 'country',
  'geography.new-network': 'asn',
  'environment.new': 'environment',
};

/** Feedback out of what was refuted. */
export function feedbackFrom(refuted: readonly Refuted[]): Feedback {
  const quiet = new Set(refuted.map((one) => nameOf(one.detection, one.key, one.value)));
  const worth = new Set(
    refuted.flatMap(({ detection, key, value, entity }) => {
      const dimension = DIMENSION_OF[detection];
      return dimension === undefined || entity !== 'token' ? [] : [nameOf(dimension, key, value)];
    }),
  );
  return {
    isQuieted: ({ detection, entity, noticed }) =>
      quiet.has(nameOf(detection.id, entity.key, noticed.evidence.value ?? '')),
    worth: (tokenHash, dimension, value) =>
      worth.has(nameOf(dimension, tokenHash, value)) ? WORTH_HOURS : 0,
  };
}

function nameOf(detection: string, key: string, value: string): string {
  return [detection, key, value].join('\0');
}

/** Nothing was said. */
export const NO_FEEDBACK: Feedback = feedbackFrom([]);

/** Reads feedback at most every ten seconds. */
export function followFeedback(db: Db): (at: number) => Promise<Feedback> {
  let read = -Infinity;
  let feedback = NO_FEEDBACK;
  return async (at) => {
    if (Math.abs(at - read) < STALE_MS) return feedback;
    feedback = feedbackFrom(await readRefuted(db, at - QUIETED_MS));
    read = at;
    return feedback;
  };
}
