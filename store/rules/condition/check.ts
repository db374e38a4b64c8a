import { FUNCTIONS } from './functions.ts';
import type { AllowedFunction } from './functions.ts';
import { Mistake } from './mistake.ts';
import { nearest } from './nearest.ts';
import type { Expression, ValueType } from './tree.ts';

/** The type of a feature by its name, or undefined. */
export type TypeOf = (feature: string) => ValueType | undefined;

const WORDS: Readonly<Record<ValueType, string>> = {
  number: 'a number',
  text: 'a text',
  boolean: 'true or false',
  list: 'a list',
};

function nameOf(one: Expression): string {
  if (one.kind === 'feature') return one.name;
  if (one.kind === 'literal')
    return typeof one.value === 'string' ? `'${one.value.slice(0, 30)}'` : String(one.value);
  return one.kind === 'call' ? `${one.name}(…)` : 'this';
}

/** Checks names and types of expressions. */
class Checker {
  readonly #typeOf: TypeOf;
  readonly #names: readonly string[];

  constructor(typeOf: TypeOf, names: readonly string[]) {
    this.#typeOf = typeOf;
    this.#names = names;
  }

  want(one: Expression, type: ValueType, why: string): void {
    const seen = this.type(one);
    if (seen === type) return;
    throw new Mistake(one.offset, `${nameOf(one)} is ${WORDS[seen]}; ${why} ${WORDS[type]}`);
  }

  type(one: Expression): ValueType {
    switch (one.kind) {
      case 'literal':
        return typeof one.value === 'string' ? 'text' : (typeof one.value as 'number' | 'boolean');
      case 'feature':
        return this.#feature(one.name, one.offset);
      case 'call':
        return this.#call(one);
      case 'arithmetic':
        for (const side of [one.left, one.right]) this.want(side, 'number', `"${one.sign}" needs`);
        this.#notByZero(one);
        return 'number';
      case 'negate':
        this.want(one.of, 'number', '"-" needs');
        return 'number';
      case 'null':
        this.type(one.of);
        return 'boolean';
      case 'not':
        this.want(one.of, 'boolean', 'NOT needs');
        return 'boolean';
      case 'and':
      case 'or':
        for (const part of one.of) this.want(part, 'boolean', `${one.kind.toUpperCase()} needs`);
        return 'boolean';
      case 'like':
        this.want(one.of, 'text', 'LIKE needs');
        this.#literalText(one.pattern, 'LIKE');
        return 'boolean';
      case 'compare':
      case 'in':
      case 'between':
        return this.#comparison(one);
    }
  }

  /** A divisor that may be 0 for some calls is unknown for them; one that always is, is a mistake. */
  #notByZero({ sign, right }: Extract<Expression, { kind: 'arithmetic' }>): void {
    if ((sign !== '/' && sign !== '%') || right.kind !== 'literal' || right.value !== 0) return;
    throw new Mistake(right.offset, `"${sign}" by zero is unknown for every call`);
  }

  #comparison(one: Extract<Expression, { kind: 'compare' | 'in' | 'between' }>): 'boolean' {
    const [first, rest] =
      one.kind === 'compare'
        ? [one.left, [one.right]]
        : [one.of, one.kind === 'in' ? one.list : [one.low, one.high]];
    const type = this.type(first);
    const ordered = one.kind === 'between' || (one.kind === 'compare' && /[<>]/.test(one.sign));
    if (type === 'list') {
      throw new Mistake(first.offset, `${nameOf(first)} is a list: ask has(${nameOf(first)}, '…')`);
    }
    if (ordered) this.want(first, 'number', 'comparing by size needs');
    for (const part of rest) {
      if (one.kind === 'in' && part.kind !== 'literal' && part.kind !== 'negate') {
        throw new Mistake(part.offset, 'IN takes a list of values');
      }
      this.want(part, type, `${nameOf(first)} is compared with`);
    }
    return 'boolean';
  }

  #feature(name: string, offset: number): ValueType {
    const type = this.#typeOf(name);
    if (type !== undefined) return type;
    const hint = nearest(name, this.#names);
    throw new Mistake(
      offset,
      `there is no feature ${name.slice(0, 60)}${hint === null ? '' : `; is ${hint} meant?`}`,
    );
  }

  #call({ name, args, offset }: Extract<Expression, { kind: 'call' }>): ValueType {
    const key = name.toLowerCase();
    const allowed = Object.hasOwn(FUNCTIONS, key) ? FUNCTIONS[key] : undefined;
    if (allowed === undefined) {
      const list = Object.keys(FUNCTIONS).join(', ');
      throw new Mistake(
        offset,
        `the function ${name.slice(0, 60)} is not allowed; there are ${list}`,
      );
    }
    const least = allowed.takes.length;
    if (args.length < least || (args.length > least && allowed.more !== true) || args.length > 20) {
      throw new Mistake(
        offset,
        `${name} takes ${String(least)}${allowed.more === true ? ' or more' : ''} arguments`,
      );
    }
    return this.#arguments(name, args, allowed);
  }

  #arguments(name: string, args: readonly Expression[], allowed: AllowedFunction): ValueType {
    let same: ValueType | null = null;
    for (const [i, arg] of args.entries()) {
      const wanted = allowed.takes[Math.min(i, allowed.takes.length - 1)] ?? 'same';
      if (i === allowed.literal) this.#literalText(arg, name);
      else if (wanted !== 'same') this.want(arg, wanted, `${name} needs`);
      else if (same === null) same = this.type(arg);
      else this.want(arg, same, `the arguments of ${name} are of one type:`);
    }
    return allowed.gives === 'same' ? (same ?? 'text') : allowed.gives;
  }

  #literalText(one: Expression, what: string): void {
    if (one.kind === 'literal' && typeof one.value === 'string') return;
    throw new Mistake(one.offset, `${what} needs a text in quotes here`);
  }
}

/**
 * Checks that a condition is true or false, of known features, allowed functions and fitting types.
 *
 * @throws Mistake with the place of the first that is not
 */
export function checkCondition(one: Expression, typeOf: TypeOf, names: readonly string[]): void {
  new Checker(typeOf, names).want(one, 'boolean', 'a condition is');
}
