import { parseRuleFile } from '../../detector/rules/parse-file.ts';
import type { Rule } from '../../detector/rules/rule.ts';

/** A rule with a condition and little else; its test `b` is to fire for a call of which nothing is said. */
export function ruleOf(id: string, condition: string): Rule {
  const { rules, problems } = parseRuleFile(
    `${id}.yaml`,
    `id: ${id}
title: ${id}
severity: low
description: d
runbook: [r]
condition: |
  ${condition}
message: "{route} {amount}"
tests:
  quiet: [{ name: a, features: {} }]
  firing: [{ name: b, features: {} }]
`,
  );
  const [rule] = rules;
  if (rule === undefined) throw new Error(JSON.stringify(problems));
  return rule;
}
