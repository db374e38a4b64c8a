import type { Db } from '../../store/db.ts';
import { evaluateCases } from '../../store/rules/cases.ts';
import type { RuleLimits } from '../../store/rules/limits.ts';
import type { Problem, Rule } from './rule.ts';

const FIRST_LINE = /^[^\n]{0,300}/;

/**
 * Runs a rule's own tests.
 *
 * @param db a connection of the user that may only read
 * @returns what failed, or what ClickHouse said of the condition; empty when all is well
 */
export async function tryRule(db: Db, rule: Rule, limits: RuleLimits): Promise<Problem[]> {
  const { file, cases, condition, reads, card } = rule;
  try {
    const given = cases.map((one) => one.features);
    const fired = await evaluateCases(db, condition, reads, given, limits);
    return cases.flatMap(({ fires, name, place }, i) =>
      fired[i] === fires
        ? []
        : [
            {
              ...{ file, place, rule: card.id },
              message: fires
                ? `the test "${name}" should fire and stays quiet`
                : `the test "${name}" should stay quiet and fires`,
            },
          ],
    );
  } catch (error) {
    // ClickHouse knows the place in its own words only; the condition's beginning is what we know.
    const said = FIRST_LINE.exec(error instanceof Error ? error.message : String(error))?.[0] ?? '';
    if (isUnreachable(error)) throw error;
    return [{ file, place: rule.place, rule: card.id, message: `ClickHouse refuses it: ${said}` }];
  }
}

/** True when no answer came at all, which is no fault of a rule. */
export function isUnreachable(error: unknown): boolean {
  return !(
    error instanceof Error &&
    'type' in error &&
    'code' in error &&
    /^\d+$/.test(String(error.code))
  );
}
