import type { Config } from '../../config/schema.ts';
import { openTrialDb } from '../../store/rules/user.ts';
import { createRuleBook } from './book.ts';
import { problemLine } from './rule.ts';

/** What a check of all rules brought to light. */
export interface CheckedRules {
  rules: number;
  cases: number;
  /** One line each, with file, line and column. */
  problems: string[];
}

/**
 * Reads all configured rules and runs their own tests on a ClickHouse of their own, for so long.
 *
 * @param scratch a directory for its files; ignored with a server of one's own
 */
export async function checkRules(config: Config, scratch: string): Promise<CheckedRules> {
  const { rules: paths, rules_limits: limits } = config.detector;
  if (paths.length === 0) return { rules: 0, cases: 0, problems: [] };
  const trial = await openTrialDb(config, scratch);
  try {
    const book = createRuleBook({ paths, db: trial.db, limits });
    await book.refresh();
    return {
      rules: book.rules.length,
      cases: book.rules.reduce((sum, { rule }) => sum + rule.cases.length, 0),
      problems: book.problems.map(problemLine),
    };
  } finally {
    await trial.close();
  }
}
