import { describe, expect, it } from 'vitest';
import { FEATURES, featureNamed } from '../features.ts';
import { checkCondition } from './check.ts';
import { Mistake } from './mistake.ts';
import { parseCondition } from './parse.ts';
import { createBinder, renderCondition } from './render.ts';

const NAMES = FEATURES.map(({ name }) => name);

function checked(source: string): string {
  try {
    const tree = parseCondition(source);
    checkCondition(tree, (name) => featureNamed(name)?.type, NAMES);
    const binder = createBinder('p');
    return `${renderCondition(tree, (name) => name, binder)} ${JSON.stringify(binder.params)}`;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    return `${String(error.offset)}: ${error.message}`;
  }
}

describe('a condition', () => {
  it.each([
    [
      "country = 'DE' OR amount >= 3",
      '((country = {p0:String}) OR (amount >= {p1:Float64})) {"p0":"DE","p1":3}',
    ],
    [
      'amount > 10 * client_amount_p99 AND object_new_to_token',
      '((amount > ifNotFinite(toFloat64({p0:Float64}) * client_amount_p99, NULL)) AND object_new_to_token) {"p0":10}',
    ],
    [
      'amount / token_amount_24h > 2',
      '(ifNotFinite(toFloat64(amount) / nullIf(token_amount_24h, 0), NULL) > {p0:Float64}) {"p0":2}',
    ],
    [
      "scope LIKE 'pay%' AND NOT accepted",
      '((scope LIKE {p0:String}) AND (NOT accepted)) {"p0":"pay%"}',
    ],
    [
      "network_kind NOT IN ('mobile', 'residential')",
      '(network_kind NOT IN ({p0:String}, {p1:String})) {"p0":"mobile","p1":"residential"}',
    ],
    [
      "hour_of_day BETWEEN 1 AND 5 AND has(granted_scopes, 'admin')",
      '((hour_of_day BETWEEN {p0:Float64} AND {p1:Float64}) AND has(granted_scopes, {p2:String})) {"p0":1,"p1":5,"p2":"admin"}',
    ],
    [
      "route = 'it''s\\'' AND amount IS NOT NULL",
      '((route = {p0:String}) AND (amount IS NOT NULL)) {"p0":"it\'s\'"}',
    ],
  ])('%s becomes SQL of bound values', (source, sql) => {
    expect(checked(source)).toBe(sql);
  });

  it.each([
    [
      'SELECT 1',
      '0: SELECT is not allowed: a condition is one expression over the features, without queries',
    ],
    [
      'amount IN (SELECT 1)',
      '11: SELECT is not allowed: a condition is one expression over the features, without queries',
    ],
    [
      'amount > (SELECT max(amount) FROM calls)',
      '10: SELECT is not allowed: a condition is one expression over the features, without queries',
    ],
    ["url('http://127.0.0.1') = 'x'", '0: the function url is not allowed; there are'],
    ["file('/etc/passwd') != ''", '0: the function file is not allowed; there are'],
    ['sleep(3) = 0', '0: the function sleep is not allowed; there are'],
    ["dictGet('d', 'a', 1) = 1", '0: the function dictGet is not allowed; there are'],
    ['constructor(1) = 1', '0: the function constructor is not allowed; there are'],
    [
      'accepted; DROP TABLE tokenwatch.calls',
      '8: a condition is one expression, without semicolons',
    ],
    ['accepted -- and so on', '9: comments belong into the YAML around the condition'],
    ['accepted /* */', '9: comments belong into the YAML around the condition'],
    ['system.one = 1', '6: "." is not part of the language of conditions'],
    ['accepted SETTINGS max_execution_time = 0', '9: SETTINGS is not allowed'],
    ['accepted FORMAT Null', '9: FORMAT is not allowed'],
    ['`amount` > 1', '0: texts stand in single quotes'],
    ['{p0:String} = country', '0: "{" is not part of the language of conditions'],
    ["country = 'DE", '10: this text has no closing quote'],
    ['amount', '0: amount is a number; a condition is true or false'],
    ['amount > country', '9: country is a text; amount is compared with a number'],
    ['token_countries = country', "0: token_countries is a list: ask has(token_countries, '…')"],
    ['match(route, country)', '13: match needs a text in quotes here'],
    ['amount > 1e999', '9: this number is too large'],
    ['__proto__ = 1', '0: there is no feature __proto__'],
    [`country = '${'x'.repeat(2_000)}'`, '10: a text may have at most 1000 characters'],
    [`country = '${'x'.repeat(10_240)}'`, '0: a condition may have at most 4000 characters'],
    [`${'('.repeat(60)}accepted${')'.repeat(60)}`, '41: nested deeper than 40'],
    [`${'NOT '.repeat(60)}accepted`, '164: nested deeper than 40'],
    [`amount > ${'- '.repeat(60)}1`, 'nested deeper than 40'],
    [
      `amount IN (${Array.from({ length: 300 }, () => '1').join(',')})`,
      'a list may have at most 200 values',
    ],
  ])('%s is refused at its place', (source, message) => {
    expect(checked(source)).toContain(message);
  });
});
