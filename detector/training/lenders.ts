import { weekSlot } from '../volume/calendar.ts';
import type { Parent } from '../volume/state.ts';

/** Level and rhythm of the learnt hour; level, tokens, and the rhythm of a day, for the expected one. */
const WIDTH = 28;
const [LEVEL, RHYTHM, NEXT_LEVEL, TOKENS, DAY] = [0, 1, 2, 3, 4];

/**
 * What clients lend to their tokens in a pass over one hour, packed: a million clients take about
 * 300 MB with their names.
 */
export class Lenders {
  readonly #index = new Map<string, number>();
  #numbers = new Float64Array(1024 * WIDTH);

  /**
   * Keeps what a client lends.
   *
   * @param before of the hour to be learnt
   * @param after of the hour to be expected, and the 23 hours before it
   */
  set(
    clientId: string,
    before: { parent: Parent; hour: number },
    after: { parent: Parent; hour: number; tokens: number },
  ): void {
    const index = this.#index.size;
    this.#index.set(clientId, index);
    if ((index + 1) * WIDTH > this.#numbers.length) {
      const larger = new Float64Array(2 * this.#numbers.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    const at = index * WIDTH;
    this.#numbers[at + LEVEL] = before.parent.level;
    this.#numbers[at + RHYTHM] = before.parent.rhythm(before.hour);
    this.#numbers[at + NEXT_LEVEL] = after.parent.level;
    this.#numbers[at + TOKENS] = after.tokens;
    for (let hour = after.hour - 23; hour <= after.hour; hour += 1) {
      this.#numbers[at + DAY + (weekSlot(hour) % 24)] = after.parent.rhythm(hour);
    }
  }

  /** What a client lends; null when it is not known. */
  of(clientId: string): { before: Parent; after: Parent; tokens: number } | null {
    const index = this.#index.get(clientId);
    if (index === undefined) return null;
    const at = index * WIDTH;
    const number = (i: number): number => this.#numbers[at + i] ?? 0;
    return {
      before: { level: number(LEVEL), rhythm: () => number(RHYTHM) },
      after: {
        level: number(NEXT_LEVEL),
        rhythm: (hour) => number(DAY + (weekSlot(hour) % 24)),
      },
      tokens: number(TOKENS),
    };
  }
}
