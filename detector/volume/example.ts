import type { Expectation } from './expectation.ts';

/** A believable expectation of `perHour` calls, for the examples of detections and for tests. */
export function expectationOf(perHour: number, change: Partial<Expectation> = {}): Expectation {
  const means = { a: perHour, b: perHour };
  return {
    hour: 498_850,
    ageHours: 400,
    means,
    before: means,
    day: { a: 24 * perHour, b: 24 * perHour },
    phi: [0.5, 0.4, 0.2, 0.05],
    psi: [1, 2, 4, 8],
    weights: [0.4, 0.4, 0.2],
    siblings: 6,
    ...change,
  };
}
