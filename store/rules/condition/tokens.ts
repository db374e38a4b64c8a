import { MOST_SOURCE, MOST_TEXT, Mistake } from './mistake.ts';

/** One word, sign or literal of a condition. */
export interface Token {
  kind: 'word' | 'number' | 'text' | 'sign' | 'end';
  /** Words and signs as written; texts without quotes and escapes. */
  text: string;
  offset: number;
}

const SPACE = /[ \t\r\n]+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const SIGN = /<=|>=|<>|!=|==|[=<>+\-*/%(),]/y;
const COMMENT = /--|\/\*|#/y;

function match(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

/** A text in single quotes from `begin`; a quote within is doubled or follows a backslash. */
function readText(source: string, begin: number): { token: Token; end: number } {
  let text = '';
  for (let at = begin + 1; at < source.length; at += 1) {
    const char = source[at] ?? '';
    const next = source[at + 1];
    if (char === "'" && next !== "'") {
      if (text.length > MOST_TEXT) {
        throw new Mistake(begin, `a text may have at most ${String(MOST_TEXT)} characters`);
      }
      return { token: { kind: 'text', text, offset: begin }, end: at + 1 };
    }
    if (char === "'" || (char === '\\' && (next === "'" || next === '\\'))) {
      text += next ?? '';
      at += 1;
    } else {
      text += char;
    }
  }
  throw new Mistake(begin, 'this text has no closing quote');
}

function unexpected(source: string, at: number): Mistake {
  const char = source[at] ?? '';
  if (char === '"' || char === '`') {
    return new Mistake(at, "texts stand in single quotes ('EUR'), and features in none");
  }
  if (match(COMMENT, source, at) !== null) {
    return new Mistake(at, 'comments belong into the YAML around the condition');
  }
  if (char === ';') return new Mistake(at, 'a condition is one expression, without semicolons');
  return new Mistake(at, `${JSON.stringify(char)} is not part of the language of conditions`);
}

/**
 * The tokens of a condition, the last of kind `end`.
 *
 * @throws Mistake at the first character that belongs to no token
 */
export function tokensOf(source: string): Token[] {
  if (source.length > MOST_SOURCE) {
    throw new Mistake(0, `a condition may have at most ${String(MOST_SOURCE)} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const space = match(SPACE, source, at);
    if (space !== null) {
      at += space.length;
      continue;
    }
    if (source[at] === "'") {
      const { token, end } = readText(source, at);
      tokens.push(token);
      at = end;
      continue;
    }
    if (match(COMMENT, source, at) !== null) throw unexpected(source, at);
    const word = match(WORD, source, at);
    const number = word === null ? match(NUMBER, source, at) : null;
    const text = word ?? number ?? match(SIGN, source, at);
    if (text === null) throw unexpected(source, at);
    const kind = word !== null ? 'word' : number !== null ? 'number' : 'sign';
    tokens.push({ kind, text, offset: at });
    at += text.length;
  }
  tokens.push({ kind: 'end', text: '', offset: source.length });
  return tokens;
}
