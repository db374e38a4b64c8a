/**
 * Fisher's method: ln of the probability that independent p-values are together as small as these.
 * −2·Σ ln p is chi-squared with twice as many degrees of freedom, whose tail is a Poisson sum.
 *
 * @param lnPs natural logarithms of p-values, each at most 0
 */
export function lnFisher(lnPs: readonly number[]): number {
  if (lnPs.length === 0) return 0;
  const x = -lnPs.reduce((sum, ln) => sum + Math.min(0, ln), 0);
  if (x === Infinity) return -Infinity;
  let term = 1;
  let sum = 1;
  for (let i = 1; i < lnPs.length; i += 1) {
    term *= x / i;
    sum += term;
  }
  return Math.min(0, Math.log(sum) - x);
}
