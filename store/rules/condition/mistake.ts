/** The longest condition and the longest text in it, in characters. */
export const MOST_SOURCE = 4_000;
export const MOST_TEXT = 1_000;

/** Something wrong with a condition: what, and at which character of it (from 0). */
export class Mistake extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.name = 'Mistake';
    this.offset = offset;
  }
}
