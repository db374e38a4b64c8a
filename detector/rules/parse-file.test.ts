import { describe, expect, it } from 'vitest';
import { parseRuleFile } from './parse-file.ts';
import { problemLine } from './rule.ts';

const RULE = `id: large-payment
title: Large payment
severity: high
description: A payment that is large.
runbook: [Ask the client.]
condition: |
  amount > 10 * client_amount_p99
  AND network_new_to_client
message: "{amount} {currency} from {country}"
tests:
  quiet:
    - name: usual
      features: { amount: 5, client_amount_p99: 10 }
  firing:
    - name: large
      features: { amount: 500, client_amount_p99: 10, network_new_to_client: true }
`;

const problemsOf = (text: string): string[] =>
  parseRuleFile('r.yaml', text).problems.map(problemLine);

describe('a file of rules', () => {
  it('is read whole', () => {
    const { rules, problems } = parseRuleFile('r.yaml', RULE);
    expect(problems).toEqual([]);
    expect(
      rules.map(({ card, reads, features, cases, placeAt }) => ({
        id: card.id,
        reads,
        features,
        cases: cases.length,
        place: placeAt(0),
      })),
    ).toEqual([
      {
        id: 'large-payment',
        reads: ['amount', 'client_amount_p99', 'network_new_to_client'],
        features: ['amount', 'client_amount_p99', 'country', 'currency', 'network_new_to_client'],
        cases: 2,
        place: { line: 7, column: 3 },
      },
    ]);
  });

  it('may hold several rules, each a document; a mistake in one leaves out all', () => {
    const second = RULE.replace('large-payment', 'second');
    expect(parseRuleFile('r.yaml', `${RULE}---\n${second}`).rules).toHaveLength(2);
    const broken = second.replace('network_new_to_client', 'network_new');
    const parsed = parseRuleFile('r.yaml', `${RULE}---\n${broken}`);
    expect(parsed.rules).toEqual([]);
    expect(parsed.problems.map(({ place }) => place)).toEqual([{ line: 25, column: 7 }]);
  });

  const condition = (text: string): string =>
    RULE.replace(/condition: [^]*?message/, `condition: ${text}\nmessage`);

  it.each([
    [
      'a misspelt feature in a block',
      RULE.replace('AND network_new_to_client', 'AND  netwrok_new_to_client'),
      'r.yaml:8:8: large-payment: there is no feature netwrok_new_to_client; is network_new_to_client meant?',
    ],
    [
      'a mistake in one line',
      condition('amount >'),
      'r.yaml:6:20: large-payment: expected a feature, a value or a function, not the condition ends',
    ],
    [
      'a mistake in quotes',
      condition(`"amount > 'x'"`),
      "r.yaml:6:22: large-payment: 'x' is a text; amount is compared with a number",
    ],
    [
      'a mistake in a folded block',
      condition('>\n    amount > 5\n    AND country = 5'),
      'r.yaml:8:19: large-payment: 5 is a number; country is compared with a text',
    ],
    [
      'an unknown key',
      RULE.replace('severity: high', 'severity: high\nseverty: high'),
      'r.yaml:4:1: unknown key severty',
    ],
    [
      'a wrong value',
      RULE.replace('severity: high', 'severity: huge'),
      'r.yaml:3:11: severity: expected one of "low", "medium", "high", "critical"',
    ],
    [
      'a missing key',
      RULE.replace('title: Large payment\n', ''),
      'r.yaml:1:1: title: is missing: expected a text',
    ],
    [
      'a message with an unknown feature',
      RULE.replace('{currency}', '{curency}'),
      'r.yaml:9:21: large-payment: there is no feature curency; is currency meant?',
    ],
    [
      'a case with an unknown feature',
      RULE.replace('amount: 5,', 'amont: 5,'),
      'r.yaml:13:19: large-payment: there is no feature amont; is amount meant?',
    ],
    [
      'a case of the wrong type',
      RULE.replace('amount: 5,', 'amount: five,'),
      'r.yaml:13:27: large-payment: amount is a number',
    ],
    [
      'broken YAML',
      RULE.replace('runbook: [Ask the client.]', 'runbook: [Ask the client.'),
      'r.yaml:6:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ])('names the place of %s', (_what, text, line) => {
    expect(problemsOf(text)[0]).toBe(line);
  });

  it('is not read beyond its limits', () => {
    expect(problemsOf(`${RULE}# ${'x'.repeat(600_000)}`)).toEqual([
      'r.yaml: larger than 512000 characters',
    ]);
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nid: [*c, *c, *c, *c, *c, *c]\n`;
    expect(problemsOf(bomb)[0]).toContain('Excessive alias count');
  });
});
