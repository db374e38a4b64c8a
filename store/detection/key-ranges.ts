/** Keys from the first to the last, both inclusive; hex, 64 digits. */
export interface KeyRange {
  first: string;
  last: string;
}

/** Divides all keys into ranges of equal width; keys are hashes, so they hold about equally many. */
export function keyRanges(count: number): KeyRange[] {
  const n = Math.min(4096, Math.max(1, Math.ceil(count)));
  const edge = (i: number): number => Math.floor((i * 65_536) / n);
  return Array.from({ length: n }, (_, i) => ({
    first: edge(i).toString(16).padStart(4, '0').padEnd(64, '0'),
    last: (edge(i + 1) - 1).toString(16).padStart(4, '0').padEnd(64, 'f'),
  }));
}

/** A condition on a column of keys: that it lies between the parameters `first` and `last`. */
export const within = (column: string): string =>
  `${column} >= toFixedString(unhex({first:String}), 32) AND ${column} <= toFixedString(unhex({last:String}), 32)`;
