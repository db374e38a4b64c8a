/** ln of the rising factorial a (a + 1) … (a + n − 1). */
function lnRising(a: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += Math.log(a + i);
  return sum;
}

/**
 * ln P(X ≥ x) for the beta-binomial: x of n trials succeed, each with the same chance, which is
 * itself drawn from a beta distribution (alpha, beta). Exact: the pmf at x, and from there the sum of
 * its ratios. Takes time in proportion to n.
 *
 * @param x from 0
 * @param alpha above 0; alpha/(alpha + beta) is the mean chance
 */
export function lnShareTail(x: number, n: number, alpha: number, beta: number): number {
  if (x <= 0) return 0;
  if (x > n) return -Infinity;
  // pmf(x) = C(n, x) · rising(alpha, x) · rising(beta, n − x) / rising(alpha + beta, n)
  let lnPmf = lnRising(alpha, x) + lnRising(beta, n - x) - lnRising(alpha + beta, n);
  lnPmf += lnRising(n - x + 1, x) - lnRising(1, x);
  let term = 1;
  let sum = 1;
  for (let k = x; k < n && term > 1e-17 * sum; k += 1) {
    term *= ((n - k) * (alpha + k)) / ((k + 1) * (beta + n - k - 1));
    sum += term;
  }
  return Math.min(0, lnPmf + Math.log(sum));
}
