import type { ValueType } from './tree.ts';

/** A function that conditions may use. */
export interface AllowedFunction {
  /** Types of its arguments; `same` are all of the type of the first that is. */
  takes: readonly (ValueType | 'same')[];
  /** True when the last argument may come again. */
  more?: true;
  gives: ValueType | 'same';
  /** What a result that is not a finite number becomes: nothing. */
  finite?: true;
  /** The argument that must be a text literal: a pattern, known before the query runs. */
  literal?: number;
  /** ClickHouse's name for it. */
  sql: string;
  about: string;
}

const text = ['text'] as const;
const number = ['number'] as const;

/** Every function that a condition may call, by its lower-case name; all others are refused. */
export const FUNCTIONS: Readonly<Record<string, AllowedFunction>> = {
  abs: { takes: number, gives: 'number', sql: 'abs', about: 'without the sign' },
  round: { takes: number, gives: 'number', sql: 'round', about: 'to the nearest whole number' },
  floor: { takes: number, gives: 'number', sql: 'floor', about: 'down to a whole number' },
  ceil: { takes: number, gives: 'number', sql: 'ceil', about: 'up to a whole number' },
  sqrt: { takes: number, gives: 'number', finite: true, sql: 'sqrt', about: 'square root' },
  log2: { takes: number, gives: 'number', finite: true, sql: 'log2', about: 'logarithm, base 2' },
  log10: {
    takes: number,
    gives: 'number',
    finite: true,
    sql: 'log10',
    about: 'logarithm, base 10',
  },
  least: {
    takes: ['number', 'number'],
    more: true,
    gives: 'number',
    sql: 'least',
    about: 'the smallest',
  },
  greatest: {
    takes: ['number', 'number'],
    more: true,
    gives: 'number',
    sql: 'greatest',
    about: 'the largest',
  },
  if: {
    takes: ['boolean', 'same', 'same'],
    gives: 'same',
    sql: 'if',
    about: 'the second where the first holds, else the third',
  },
  coalesce: {
    takes: ['same', 'same'],
    more: true,
    gives: 'same',
    sql: 'coalesce',
    about: 'the first that is known',
  },
  lower: { takes: text, gives: 'text', sql: 'lowerUTF8', about: 'in lower case' },
  upper: { takes: text, gives: 'text', sql: 'upperUTF8', about: 'in upper case' },
  length: { takes: text, gives: 'number', sql: 'lengthUTF8', about: 'characters of a text' },
  startswith: {
    takes: ['text', 'text'],
    gives: 'boolean',
    sql: 'startsWith',
    about: 'the first begins with the second',
  },
  endswith: {
    takes: ['text', 'text'],
    gives: 'boolean',
    sql: 'endsWith',
    about: 'the first ends with the second',
  },
  match: {
    takes: ['text', 'text'],
    literal: 1,
    gives: 'boolean',
    sql: 'match',
    about: 'matches a regular expression (RE2, in time linear in the text)',
  },
  has: {
    takes: ['list', 'text'],
    gives: 'boolean',
    sql: 'has',
    about: 'the list contains the text',
  },
  size: { takes: ['list'], gives: 'number', sql: 'length', about: 'how many a list has' },
};
