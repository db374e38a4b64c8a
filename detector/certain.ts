import type { Json } from '../model/finding.ts';
import type { Noticed } from './detection.ts';

/** How surprising a certain violation counts as, bits. */
const CERTAIN = 60;
/** A finding is told again when its bits have grown by 1.3 (see raise.ts). */
const GROWTH = 1.31;

/** What a detection that needs no statistics says. */
export interface Violation {
  value?: string;
  explanation: string;
  seen: number | string;
  usual: string;
  unit: string;
  threshold?: number;
  facts?: Record<string, Json>;
  unknown?: string[];
  /** Event time of the window, epoch ms, [from, to). */
  from: number;
  to: number;
  /** Calls so far, where more of them are worth telling again. */
  calls?: number;
}

/**
 * How far a count has come on 1, 3, 10, 30, 100, …: at each of these it is told again.
 *
 * @returns 0 for 1 and 2, 1 for 3 to 9, 2 for 10 to 29, and so on
 */
export function stepOf(calls: number): number {
  const power = Math.floor(Math.log10(Math.max(1, calls)) + 1e-9);
  return 2 * power + (calls >= 3 * 10 ** power ? 1 : 0);
}

/** A violation as what was noticed: nothing about it is a matter of chance. */
export function certainly(violation: Violation): Noticed {
  const { value = '', threshold = 0, facts = {}, unknown = [], calls = 1 } = violation;
  const { seen, usual, unit, explanation, from, to } = violation;
  return {
    bits: CERTAIN * GROWTH ** stepOf(calls),
    thresholdBits: 0,
    value,
    explanation,
    evidence: {
      ...(value === '' ? {} : { value }),
      ...{ seen, usual, unit, threshold, facts, unknown },
    },
    windowStart: from,
    windowEnd: Math.max(to, from + 1),
  };
}

/** Something that breaks a rule of the house, and waits: of middling weight. */
export function dueNotice(violation: Violation): Noticed {
  return { ...certainly(violation), bits: 12, thresholdBits: 10 };
}
