import { InvalidArgumentError } from 'commander';

/**
 * Reads an option's whole number, both bounds included.
 *
 * @throws InvalidArgumentError (from the reader) for anything else
 */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,9}$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(
      `expected a whole number from ${String(least)} to ${String(most)}.`,
    );
  };
}
