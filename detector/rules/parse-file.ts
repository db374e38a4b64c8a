import { LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { issueText } from '../../config/issue-text.ts';
import { checkCondition } from '../../store/rules/condition/check.ts';
import { Mistake } from '../../store/rules/condition/mistake.ts';
import { parseCondition } from '../../store/rules/condition/parse.ts';
import { featuresOf } from '../../store/rules/condition/tree.ts';
import type { Expression, ValueType } from '../../store/rules/condition/tree.ts';
import { FEATURES, featureNamed } from '../../store/rules/features.ts';
import type { FeatureValue } from '../../store/rules/look.ts';
import { parseMessage, unknownFeature } from './message.ts';
import type { Message } from './message.ts';
import { placesOf } from './places.ts';
import type { Places } from './places.ts';
import type { Place, Problem, Rule, RuleCase } from './rule.ts';
import { ruleSchema } from './schema.ts';
import type { WrittenRule } from './schema.ts';

/** The largest file that is read, and the most rules in it. */
const MOST_CHARACTERS = 512_000;
const MOST_RULES = 100;

export interface ParsedFile {
  rules: Rule[];
  problems: Problem[];
}

const NAMES = FEATURES.map((feature) => feature.name);
const typeOf = (name: string): ValueType | undefined => featureNamed(name)?.type;

/** Collects what is wrong with one rule. */
class Report {
  readonly problems: Problem[] = [];
  readonly #file: string;
  rule = '';

  constructor(file: string) {
    this.#file = file;
  }

  add(place: Place | null, message: string): void {
    this.problems.push({ file: this.#file, place, rule: this.rule, message });
  }

  /** Does something with a text of the rule; a mistake in it is reported at its place. */
  reading<T>(work: () => T, place: (offset: number) => Place): T | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.add(place(error.offset), error.message);
      return null;
    }
  }
}

function issues(report: Report, places: Places, error: z.ZodError, given: unknown): void {
  for (const issue of error.issues) {
    const at = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) report.add(places.key(issue.path, key), `unknown key ${key}`);
    } else {
      report.add(
        places.of(issue.path),
        `${at === '' ? 'the rule' : at}: ${issueText(issue, given)}`,
      );
    }
  }
}

function conditionOf(report: Report, places: Places, source: string): Expression | null {
  return report.reading(
    () => {
      const condition = parseCondition(source);
      checkCondition(condition, typeOf, NAMES);
      return condition;
    },
    (offset) => places.within(['condition'], offset),
  );
}

function isOfType(value: FeatureValue, type: ValueType, nullable: boolean): boolean {
  if (value === null) return nullable;
  if (Array.isArray(value)) return type === 'list';
  return (
    { number: 'number', string: 'text', boolean: 'boolean' }[typeof value as 'number'] === type
  );
}

function casesOf(report: Report, places: Places, tests: WrittenRule['tests']): RuleCase[] {
  return (['quiet', 'firing'] as const).flatMap((kind) =>
    tests[kind].map((one, i) => {
      const path = ['tests', kind, i, 'features'];
      for (const [name, value] of Object.entries(one.features)) {
        const feature = featureNamed(name);
        if (feature === undefined) {
          report.add(places.key(path, name), unknownFeature(name, 0).message);
        } else if (!isOfType(value, feature.type, feature.nullable === true)) {
          report.add(places.of([...path, name]), `${name} is a ${feature.type}`);
        }
      }
      const place = places.of(['tests', kind, i]);
      return { name: one.name, features: one.features, fires: kind === 'firing', place };
    }),
  );
}

function build(
  written: WrittenRule,
  parts: {
    file: string;
    condition: Expression;
    message: Message;
    cases: RuleCase[];
    placeAt: Rule['placeAt'];
  },
): Rule {
  const { id, title, severity, owasp, attack, runbook, blind_spots: blindSpots } = written;
  const reads = [...featuresOf(parts.condition)].toSorted();
  const toldOf = parts.message.flatMap((part) => (typeof part === 'string' ? [] : [part.feature]));
  const { description, tags, entity, condition: source } = written;
  return {
    card: {
      id,
      title,
      family: 'rule',
      severity,
      owasp,
      attack,
      parameters: {},
      blindSpots,
      runbook,
    },
    ...{ description, tags, entity, source, reads, ...parts },
    features: [...new Set([...reads, ...toldOf])].toSorted(),
  };
}

function parseRule(report: Report, file: string, value: unknown, places: Places): Rule | null {
  const parsed = ruleSchema.safeParse(value);
  if (!parsed.success) {
    issues(report, places, parsed.error, value);
    return null;
  }
  const { data } = parsed;
  report.rule = data.id;
  const condition = conditionOf(report, places, data.condition);
  const message = report.reading(
    () => parseMessage(data.message),
    (offset) => places.within(['message'], offset),
  );
  const cases = casesOf(report, places, data.tests);
  if (condition === null || message === null || report.problems.length > 0) return null;
  const placeAt = (offset: number): Place => places.within(['condition'], offset);
  return build(data, { file, condition, message, cases, placeAt });
}

function readDocument(
  report: Report,
  file: string,
  document: Document.Parsed,
  places: Places,
): Rule | null {
  for (const error of document.errors) {
    const [start] = error.linePos ?? [];
    const place = start === undefined ? null : { line: start.line, column: start.col };
    report.add(place, (error.message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, ''));
  }
  if (document.errors.length > 0) return null;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    report.add(places.of([]), error instanceof Error ? error.message : 'cannot be read');
    return null;
  }
  return value === null ? null : parseRule(report, file, value, places);
}

/**
 * Parses a file of rules, one in each YAML document. A file with anything wrong in it has none.
 *
 * @param file its name, for problems
 */
export function parseRuleFile(file: string, text: string): ParsedFile {
  const whole = new Report(file);
  if (text.length > MOST_CHARACTERS) {
    whole.add(null, `larger than ${String(MOST_CHARACTERS)} characters`);
    return { rules: [], problems: whole.problems };
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  if (documents.length > MOST_RULES) whole.add(null, `more than ${String(MOST_RULES)} rules`);
  const rules: Rule[] = [];
  for (const document of documents.slice(0, MOST_RULES)) {
    const report = new Report(file);
    const places = placesOf(document, lines, text);
    const rule = readDocument(report, file, document, places);
    whole.problems.push(...report.problems);
    if (rule === null) continue;
    if (rules.some(({ card }) => card.id === rule.card.id)) {
      whole.rule = rule.card.id;
      whole.add(places.of(['id']), 'another rule of this file has this id');
    } else rules.push(rule);
  }
  return { rules: whole.problems.length > 0 ? [] : rules, problems: whole.problems };
}
