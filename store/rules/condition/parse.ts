import { Mistake } from './mistake.ts';
import { tokensOf } from './tokens.ts';
import type { Token } from './tokens.ts';
import type { Arithmetic, Compare, Expression } from './tree.ts';

/** How deep parentheses and functions may nest, and how many values a list may have. */
const MOST_DEPTH = 40;
const MOST_LISTED = 200;

const COMPARES: Readonly<Record<string, Compare>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Words of SQL that mean more than one expression over features. */
const FORBIDDEN = new Set(
  'SELECT FROM WHERE WITH UNION JOIN INSERT DROP ALTER CREATE CASE WHEN SETTINGS FORMAT INTO EXISTS OVER'.split(
    ' ',
  ),
);

/** Reads tokens from left to right. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#either();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw this.#unexpected(rest, 'AND, OR or the end of the condition');
    return expression;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  /** Takes the next token when it is this keyword or sign. */
  #take(text: string): boolean {
    const token = this.#peek();
    const kind = /^[A-Z]+$/.test(text) ? 'word' : 'sign';
    if (token.kind !== kind || token.text.toUpperCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(this.#peek(), text);
  }

  #unexpected(token: Token, wanted: string): Mistake {
    if (token.kind === 'word' && FORBIDDEN.has(token.text.toUpperCase())) {
      return new Mistake(
        token.offset,
        `${token.text.toUpperCase()} is not allowed: a condition is one expression over the features, without queries`,
      );
    }
    const seen = token.kind === 'end' ? 'the condition ends' : `"${token.text.slice(0, 40)}"`;
    return new Mistake(token.offset, `expected ${wanted}, not ${seen}`);
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) {
      throw new Mistake(this.#peek().offset, `nested deeper than ${String(MOST_DEPTH)}`);
    }
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #either(): Expression {
    const { offset } = this.#peek();
    const of = [this.#both()];
    while (this.#take('OR')) of.push(this.#both());
    return of.length === 1 ? (of[0] as Expression) : { kind: 'or', of, offset };
  }

  #both(): Expression {
    const { offset } = this.#peek();
    const of = [this.#negation()];
    while (this.#take('AND')) of.push(this.#negation());
    return of.length === 1 ? (of[0] as Expression) : { kind: 'and', of, offset };
  }

  #negation(): Expression {
    const { offset } = this.#peek();
    if (!this.#take('NOT')) return this.#comparison();
    return { kind: 'not', of: this.#nested(() => this.#negation()), offset };
  }

  #comparison(): Expression {
    const left = this.#sum();
    const { offset } = left;
    const sign = this.#peek().kind === 'sign' ? COMPARES[this.#peek().text] : undefined;
    if (sign !== undefined) {
      this.#next();
      return { kind: 'compare', sign, left, right: this.#sum(), offset };
    }
    if (this.#take('IS')) {
      const not = this.#take('NOT');
      this.#expect('NULL');
      return { kind: 'null', of: left, not, offset };
    }
    const not = this.#take('NOT');
    if (this.#take('IN')) return { kind: 'in', of: left, list: this.#list(), not, offset };
    if (this.#take('BETWEEN')) {
      const low = this.#sum();
      this.#expect('AND');
      return { kind: 'between', of: left, low, high: this.#sum(), not, offset };
    }
    for (const fold of [false, true]) {
      if (!this.#take(fold ? 'ILIKE' : 'LIKE')) continue;
      return { kind: 'like', of: left, pattern: this.#primary(), fold, not, offset };
    }
    if (not) throw this.#unexpected(this.#peek(), 'IN, BETWEEN, LIKE or ILIKE');
    return left;
  }

  #list(): Expression[] {
    this.#expect('(');
    const list = [this.#signed()];
    while (this.#take(',')) {
      if (list.length >= MOST_LISTED) {
        throw new Mistake(
          this.#peek().offset,
          `a list may have at most ${String(MOST_LISTED)} values`,
        );
      }
      list.push(this.#signed());
    }
    this.#expect(')');
    return list;
  }

  #sum(): Expression {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#signed()));
  }

  #chain(signs: readonly Arithmetic[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const sign = signs.find((one) => this.#take(one));
      if (sign === undefined) return left;
      left = { kind: 'arithmetic', sign, left, right: operand(), offset: left.offset };
    }
  }

  #signed(): Expression {
    const { offset } = this.#peek();
    if (!this.#take('-')) return this.#primary();
    return { kind: 'negate', of: this.#nested(() => this.#signed()), offset };
  }

  #primary(): Expression {
    const token = this.#peek();
    const { offset, text } = token;
    if (this.#take('(')) {
      const inner = this.#nested(() => this.#either());
      this.#expect(')');
      return inner;
    }
    if (token.kind === 'number') {
      this.#next();
      const value = Number(text);
      if (!Number.isFinite(value)) throw new Mistake(offset, 'this number is too large');
      return { kind: 'literal', value, offset };
    }
    if (token.kind === 'text') {
      this.#next();
      return { kind: 'literal', value: text, offset };
    }
    if (token.kind === 'word' && !FORBIDDEN.has(text.toUpperCase())) return this.#name();
    throw this.#unexpected(token, 'a feature, a value or a function');
  }

  #name(): Expression {
    const { text, offset } = this.#next();
    if (/^(true|false)$/i.test(text)) {
      return { kind: 'literal', value: text.toLowerCase() === 'true', offset };
    }
    if (!this.#take('(')) return { kind: 'feature', name: text, offset };
    const args: Expression[] = [];
    if (!this.#take(')')) {
      do args.push(this.#nested(() => this.#either()));
      while (this.#take(','));
      this.#expect(')');
    }
    return { kind: 'call', name: text, args, offset };
  }
}

/**
 * Parses a condition: SQL's boolean expressions over named features, and nothing else of SQL.
 *
 * @throws Mistake with the place at which it stops to make sense
 */
export function parseCondition(source: string): Expression {
  return new Parser(tokensOf(source)).whole();
}
