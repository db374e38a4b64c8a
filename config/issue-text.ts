import type { z } from 'zod';

/** What YAML calls what the schema names. */
const WORDS: Readonly<Record<string, string>> = {
  ...{ string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
  ...{ array: 'a list', object: 'keys and values', record: 'keys and values', null: 'nothing' },
};

function named(type: string): string {
  return WORDS[type] ?? type;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What stands at a path; undefined when nothing does. */
function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return value;
}

/** What an issue expected, where that is a type or one of some values; else null. */
function expectation(issue: z.core.$ZodIssue): string | null {
  if (issue.code === 'invalid_type') return named(issue.expected);
  if (issue.code === 'invalid_value') {
    const values = issue.values.map((value) => JSON.stringify(value));
    return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
  }
  if (issue.code !== 'invalid_union') return null;
  if ('options' in issue && Array.isArray(issue.options)) {
    return `one of ${issue.options.map((value) => JSON.stringify(value)).join(', ')}`;
  }
  // A member that fails further in would have to be named by its keys: too long for a line.
  const members = issue.errors.map(([first]) =>
    first?.path.length === 0 ? expectation(first) : null,
  );
  return members.length === 0 || members.includes(null) ? null : [...new Set(members)].join(' or ');
}

/** Zod's own sentences, which say less than the expectation; those of a schema's author stay. */
const OWN_WORDS = /^Invalid (?:input|option|discriminator)/;

/**
 * What is wrong with a value, for people: that it is missing, or what was expected and which kind of
 * thing stands there. Never the value itself, which could be a secret.
 *
 * @param given what was parsed, to tell what is missing from what is wrong
 */
export function issueText(issue: z.core.$ZodIssue, given: unknown): string {
  const value = valueAt(given, issue.path);
  const expected = OWN_WORDS.test(issue.message) ? expectation(issue) : null;
  if (value === undefined) {
    if (expected !== null) return `is missing: expected ${expected}`;
    return OWN_WORDS.test(issue.message) ? 'is missing' : issue.message;
  }
  if (expected === null) return issue.message;
  const isKind = issue.code === 'invalid_type';
  return `expected ${expected}${isKind ? `, found ${named(typeOf(value))}` : ''}`;
}
