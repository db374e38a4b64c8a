/** Longest line or record that is read; a longer one is a bad one. */
const MAX_TEXT = 4 * 1024 * 1024;

/** What stands for a line that was longer than that. */
export const TOO_LONG = Symbol('too long');

export type Piece = string | typeof TOO_LONG;

/** Lines of a text that comes in chunks, with the empty ones, in bounded memory. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<Piece[]> {
  let rest = '';
  let skipping = false;
  for await (const chunk of chunks) {
    const lines: Piece[] = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    if (skipping && lines.length > 0) {
      lines[0] = TOO_LONG;
      skipping = false;
    }
    if (rest.length > MAX_TEXT) {
      rest = '';
      skipping = true;
    }
    if (lines.length > 0) yield lines;
  }
  if (skipping) yield [TOO_LONG];
  else if (rest !== '') yield [rest];
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The objects of `{"Records":[…]}`, as texts; what follows the list is not read. */
export async function* recordsOf(chunks: AsyncIterable<string>): AsyncGenerator<Piece[]> {
  const splitter = new RecordSplitter();
  for await (const chunk of chunks) {
    const pieces = splitter.push(chunk);
    if (pieces.length > 0) yield pieces;
    if (splitter.ended) return;
  }
}

/** How a CloudTrail file that holds one list begins. */
export const RECORDS_HEAD = /^\s*\{\s*"Records"\s*:\s*\[/;

class RecordSplitter {
  ended = false;
  #text = '';
  #scanned = 0;
  #start = -1;
  #depth = 0;
  #inString = false;
  #headSeen = false;

  push(chunk: string): Piece[] {
    this.#text += chunk;
    if (!this.#headSeen) {
      const head = RECORDS_HEAD.exec(this.#text);
      if (head === null) return [];
      this.#headSeen = true;
      this.#text = this.#text.slice(head[0].length);
    }
    return this.#scan();
  }

  #scan(): Piece[] {
    const pieces: Piece[] = [];
    const text = this.#text;
    let at = this.#scanned;
    for (; at < text.length && !this.ended; at++) {
      const code = text.charCodeAt(at);
      if (this.#inString) {
        if (code === BACKSLASH) at++;
        else if (code === QUOTE) this.#inString = false;
      } else if (code === QUOTE) this.#inString = true;
      else if (code === OPEN) {
        if (this.#depth++ === 0) this.#start = at;
      } else if (code === CLOSE && --this.#depth === 0) {
        pieces.push(text.slice(this.#start, at + 1));
        this.#start = -1;
      } else if (this.#depth === 0 && text[at] === ']') this.ended = true;
    }
    this.#keep(at, pieces);
    return pieces;
  }

  /** Keeps what belongs to a record that has not ended yet. */
  #keep(at: number, pieces: Piece[]): void {
    const from = this.#start === -1 ? Math.min(at, this.#text.length) : this.#start;
    this.#scanned = at - from;
    this.#text = this.#text.slice(from);
    if (this.#start !== -1) this.#start = 0;
    if (this.#text.length <= MAX_TEXT) return;
    // A record without an end: there is no telling where the next one begins.
    pieces.push(TOO_LONG);
    this.ended = true;
  }
}
