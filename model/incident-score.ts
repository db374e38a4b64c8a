import type { Family } from './finding.ts';
import type { FindingSummary } from './incident-event.ts';
import { atLeast } from './severity.ts';

/**
 * What an incident's score is made of. Findings of one family rest on the same evidence (a surge
 * seen over one minute and over five is one surge), so only the strongest of each family counts;
 * families are taken as independent.
 */
export interface Tally {
  score: Map<Family, number>;
  bits: Map<Family, number>;
  /** The finding that leads so far: what the incident is called after. Null when there is none. */
  lead: Pick<FindingSummary, 'severity' | 'bits'> | null;
}

export function emptyTally(): Tally {
  return { score: new Map(), bits: new Map(), lead: null };
}

/** Whether one finding says better than another what is wrong: the graver one, of equally grave ones the stronger. */
function leads(
  one: Pick<FindingSummary, 'severity' | 'bits'>,
  other: NonNullable<Tally['lead']>,
): boolean {
  if (one.severity !== other.severity) return atLeast(one.severity, other.severity);
  return one.bits > other.bits;
}

/** Counts a finding in; true when it leads. */
export function addFinding(tally: Tally, finding: FindingSummary): boolean {
  const { family, score, bits } = finding;
  tally.score.set(family, Math.max(tally.score.get(family) ?? 0, score));
  tally.bits.set(family, Math.max(tally.bits.get(family) ?? 0, bits));
  if (tally.lead !== null && !leads(finding, tally.lead)) return false;
  tally.lead = finding;
  return true;
}

/** Risk, 0 to 100: 100·(1 − Π(1 − score/100)) over the strongest of each family, to one decimal. */
export function scoreOf(tally: Tally): number {
  let calm = 1;
  for (const score of tally.score.values()) calm *= 1 - Math.min(99.9, Math.max(0, score)) / 100;
  return Math.round((1 - calm) * 1000) / 10;
}

/** Surprise in bits: the strongest of each family, added up. */
export function bitsOf(tally: Tally): number {
  let sum = 0;
  for (const bits of tally.bits.values()) sum += bits;
  return sum;
}
