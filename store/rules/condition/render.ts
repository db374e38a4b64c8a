import type { Params } from '../../db.ts';
import { FUNCTIONS } from './functions.ts';
import type { Expression } from './tree.ts';

/** Makes parameters of values: `{p0:String}`. */
export interface Binder {
  readonly params: Params;
  bind: (value: number | string | boolean) => string;
}

/** A binder whose parameters begin with a prefix. */
export function createBinder(prefix: string): Binder {
  const params: Params = {};
  let next = 0;
  return {
    params,
    bind(value) {
      const name = `${prefix}${String(next)}`;
      next += 1;
      params[name] = value;
      const type =
        typeof value === 'string' ? 'String' : typeof value === 'number' ? 'Float64' : 'Bool';
      return `{${name}:${type}}`;
    },
  };
}

/**
 * A checked condition as SQL. Nothing of the author's text gets in: names are those of features and
 * of allowed functions, every value is a bound parameter. A division by zero, or any other number
 * that is not finite, is NULL, and with NULL nothing fires.
 *
 * @param column the column of a feature
 */
export function renderCondition(
  one: Expression,
  column: (feature: string) => string,
  binder: Binder,
): string {
  const sql = (part: Expression): string => renderCondition(part, column, binder);
  const not = (negated: boolean): string => (negated ? 'NOT ' : '');
  switch (one.kind) {
    case 'literal':
      return binder.bind(one.value);
    case 'feature':
      return column(one.name);
    case 'call':
      return renderCall(one.name, one.args.map(sql));
    case 'compare':
      return `(${sql(one.left)} ${one.sign} ${sql(one.right)})`;
    case 'arithmetic': {
      const right =
        one.sign === '/' || one.sign === '%' ? `nullIf(${sql(one.right)}, 0)` : sql(one.right);
      return `ifNotFinite(toFloat64(${sql(one.left)}) ${one.sign} ${right}, NULL)`;
    }
    case 'negate':
      return `(-${sql(one.of)})`;
    case 'not':
      return `(NOT ${sql(one.of)})`;
    case 'and':
    case 'or':
      return `(${one.of.map(sql).join(` ${one.kind.toUpperCase()} `)})`;
    case 'in':
      return `(${sql(one.of)} ${not(one.not)}IN (${one.list.map(sql).join(', ')}))`;
    case 'between':
      return `(${sql(one.of)} ${not(one.not)}BETWEEN ${sql(one.low)} AND ${sql(one.high)})`;
    case 'like':
      return `(${sql(one.of)} ${not(one.not)}${one.fold ? 'ILIKE' : 'LIKE'} ${sql(one.pattern)})`;
    case 'null':
      return `(${sql(one.of)} IS ${not(one.not)}NULL)`;
  }
}

function renderCall(name: string, args: readonly string[]): string {
  const allowed = FUNCTIONS[name.toLowerCase()];
  if (allowed === undefined) throw new Error(`the function ${name} was not checked`);
  const call = `${allowed.sql}(${args.join(', ')})`;
  return allowed.finite === true ? `ifNotFinite(${call}, NULL)` : call;
}
