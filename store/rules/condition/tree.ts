/** What values there are: SQL's numbers, texts, truth values, and lists of texts. */
export type ValueType = 'number' | 'text' | 'boolean' | 'list';

export type Compare = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/' | '%';

/** A condition as a tree; `offset` is the character at which a part of it begins. */
export type Expression = { offset: number } & (
  | { kind: 'literal'; value: number | string | boolean }
  | { kind: 'feature'; name: string }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'compare'; sign: Compare; left: Expression; right: Expression }
  | { kind: 'arithmetic'; sign: Arithmetic; left: Expression; right: Expression }
  | { kind: 'negate'; of: Expression }
  | { kind: 'not'; of: Expression }
  | { kind: 'and' | 'or'; of: Expression[] }
  | { kind: 'in'; of: Expression; list: Expression[]; not: boolean }
  | { kind: 'between'; of: Expression; low: Expression; high: Expression; not: boolean }
  | { kind: 'like'; of: Expression; pattern: Expression; fold: boolean; not: boolean }
  | { kind: 'null'; of: Expression; not: boolean }
);

/** The direct parts of an expression. */
export function partsOf(one: Expression): Expression[] {
  switch (one.kind) {
    case 'literal':
    case 'feature':
      return [];
    case 'call':
      return one.args;
    case 'compare':
    case 'arithmetic':
      return [one.left, one.right];
    case 'negate':
    case 'not':
    case 'null':
      return [one.of];
    case 'and':
    case 'or':
      return one.of;
    case 'in':
      return [one.of, ...one.list];
    case 'between':
      return [one.of, one.low, one.high];
    case 'like':
      return [one.of, one.pattern];
  }
}

/** The names of the features that an expression reads. */
export function featuresOf(one: Expression, into = new Set<string>()): Set<string> {
  if (one.kind === 'feature') into.add(one.name);
  for (const part of partsOf(one)) featuresOf(part, into);
  return into;
}
