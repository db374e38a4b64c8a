import type { Db } from '../../store/db.ts';
import { evaluateCases } from '../../store/rules/cases.ts';
import { featuresOf, partsOf } from '../../store/rules/condition/tree.ts';
import type { Expression } from '../../store/rules/condition/tree.ts';
import type { RuleLimits } from '../../store/rules/limits.ts';
import type { Problem, Rule } from './rule.ts';

/** So much of what ClickHouse says is told: its first sentence. */
const SENTENCE = /^[^\n]{0,200}?(?=\. |\n|$)/;

/** The parts of a condition that only ClickHouse can judge: regular expressions. */
function patternsOf(one: Expression): Expression[] {
  const own = one.kind === 'call' && one.name.toLowerCase() === 'match' ? [one] : [];
  return [...own, ...partsOf(one).flatMap(patternsOf)];
}

/** True when no answer came at all, which is no fault of a rule. */
export function isUnreachable(error: unknown): boolean {
  const answered =
    error instanceof Error &&
    'type' in error &&
    'code' in error &&
    /^\d+$/.test(String(error.code));
  return !answered;
}

/** What ClickHouse said of a part of a rule, at the place of that part. */
function refused({ file, card, placeAt }: Rule, part: Expression, error: unknown): Problem {
  if (isUnreachable(error)) throw error;
  const said = SENTENCE.exec(error instanceof Error ? error.message : String(error))?.[0] ?? '';
  const message = `ClickHouse refuses this: ${said}`;
  return { file, place: placeAt(part.offset), rule: card.id, message };
}

/**
 * Runs a rule's own tests.
 *
 * @param db a connection of the user that may only read
 * @returns what failed, or what ClickHouse said of the condition; empty when all is well
 * @throws Error when ClickHouse does not answer
 */
export async function tryRule(db: Db, rule: Rule, limits: RuleLimits): Promise<Problem[]> {
  const { file, cases, condition, reads, card } = rule;
  // Each by itself: in the whole, one behind a false AND would not be looked at.
  for (const part of patternsOf(condition)) {
    try {
      await evaluateCases(db, part, [...featuresOf(part)], [{}], limits);
    } catch (error) {
      return [refused(rule, part, error)];
    }
  }
  try {
    const given = cases.map((one) => one.features);
    const fired = await evaluateCases(db, condition, reads, given, limits);
    return cases.flatMap(({ fires, name, place }, i) => {
      if (fired[i] === fires) return [];
      const outcome = fires ? 'should fire and stays quiet' : 'should stay quiet and fires';
      return [{ file, place, rule: card.id, message: `the test "${name}" ${outcome}` }];
    });
  } catch (error) {
    return [refused(rule, condition, error)];
  }
}
