const SPACE = new Set([0x20, 0x0a, 0x0d, 0x09]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Sticky: each matches at the place that it is set to, in one pass without going back. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The end of what the expression finds at a place; -1 when it finds nothing there. */
function endOf(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : -1;
}

/** Walks over JSON; `at` stands where it stops being JSON. */
class Walk {
  readonly #text: string;
  /** Of what is open: true for an object. */
  readonly #open: boolean[] = [];
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** True at the end of a whole text. */
  run(): boolean {
    while (this.#value()) {
      const behind = this.#behind();
      if (behind !== 'value') return behind === 'end';
    }
    return false;
  }

  #next(): number {
    while (SPACE.has(this.#text.charCodeAt(this.at))) this.at += 1;
    return this.at < this.#text.length ? this.#text.charCodeAt(this.at) : -1;
  }

  #take(character: string): boolean {
    if (this.#next() !== character.charCodeAt(0)) return false;
    this.at += 1;
    return true;
  }

  /** One value, or the beginning of one that holds others: then its first, if it is not empty. */
  #value(): boolean {
    for (;;) {
      if (this.#take('{')) {
        if (this.#take('}')) return true;
        this.#open.push(true);
        if (!this.#key()) return false;
      } else if (this.#take('[')) {
        if (this.#take(']')) return true;
        this.#open.push(false);
      } else {
        return this.#next() === QUOTE ? this.#string() : this.#word();
      }
    }
  }

  #key(): boolean {
    return this.#next() === QUOTE && this.#string() && this.#take(':');
  }

  #word(): boolean {
    const end = endOf(NUMBER, this.#text, this.at);
    if (end !== -1) this.at = end;
    return end !== -1;
  }

  #string(): boolean {
    for (this.at += 1; this.at < this.#text.length;) {
      const code = this.#text.charCodeAt(this.at);
      const end = code === BACKSLASH ? endOf(ESCAPE, this.#text, this.at) : this.at + 1;
      if (end === -1 || code < 0x20) return false;
      this.at = end;
      if (code === QUOTE) return true;
    }
    return false;
  }

  /** Closes what a value ends, up to a comma (and in an object a key) or the end of all. */
  #behind(): 'value' | 'end' | null {
    for (;;) {
      const isObject = this.#open.at(-1);
      if (isObject === undefined) return this.#next() === -1 ? 'end' : null;
      if (this.#take(',')) return !isObject || this.#key() ? 'value' : null;
      if (!this.#take(isObject ? '}' : ']')) return null;
      this.#open.pop();
    }
  }
}

/**
 * Where a text stops being JSON. `JSON.parse` tells the place of some mistakes only, and quotes the
 * text, which may hold a token.
 *
 * @returns the offset in characters, the text's length when it ends too early; -1 when it is JSON
 */
export function jsonMistakeAt(text: string): number {
  const walk = new Walk(text);
  if (walk.run()) return -1;
  return walk.at;
}
