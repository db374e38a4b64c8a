import type { Detection } from '../api-types.ts';

/** `86 % of 14 were real`, from verdicts, or that there are none yet. */
export function precisionOf({ confirmed, false_positives: wrong }: Detection): string {
  const judged = confirmed + wrong;
  if (judged === 0) return 'no verdicts yet';
  return `${String(Math.round((100 * confirmed) / judged))} % of ${String(judged)} were real`;
}
