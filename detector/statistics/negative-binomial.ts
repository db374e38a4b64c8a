import { gammaln } from 'simple-statistics';

/** Largest argument for which tails are computed; counts above are judged as this count. */
const MOST = 1e12;
const CONVERGED = 1e-13;
const TINY = 1e-300;

/**
 * ln of the probability that a negative binomial count equals `x`.
 *
 * @param x the count, >= 0
 * @param mean expected count, > 0
 * @param size the shape r > 0: variance = mean + mean²/r
 */
export function lnPmf(x: number, mean: number, size: number): number {
  const n = Math.max(0, x);
  const q = Math.log1p(mean / size); // −ln(1 − p)
  // Written so that a large r loses no digits: p = mean/(mean + r).
  return gammaln(n + size) - gammaln(size) - gammaln(n + 1) - size * q + n * lnShare(mean, size);
}

/** ln p with p = mean/(mean + size). */
function lnShare(mean: number, size: number): number {
  return -Math.log1p(size / mean);
}

/**
 * Continued fraction of the incomplete beta function, by Lentz's method (Numerical Recipes 6.4).
 * Converges quickly for p < (a + 1)/(a + b + 2).
 */
function betaFraction(a: number, b: number, p: number): number {
  let c = 1;
  let d = 1 - ((a + b) * p) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let value = d;
  const limit = 200 + 20 * Math.sqrt(Math.max(a, b));
  for (let m = 1; m < limit; m += 1) {
    const even = (m * (b - m) * p) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    c = 1 + even / c;
    if (Math.abs(c) < TINY) c = TINY;
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * p) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    c = 1 + odd / c;
    if (Math.abs(c) < TINY) c = TINY;
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < CONVERGED) break;
  }
  return value;
}

/**
 * ln of the regularized incomplete beta function I_p(a, b), exact where I itself underflows.
 *
 * @param p in (0, 1); `lnP` and `lnQ` are ln p and ln(1 − p), given apart to keep their digits
 */
function lnBeta(a: number, b: number, p: number, lnP: number, lnQ: number): number {
  const front = gammaln(a + b) - gammaln(a) - gammaln(b) + a * lnP + b * lnQ;
  if (p < (a + 1) / (a + b + 2)) {
    return Math.min(0, front + Math.log(betaFraction(a, b, p)) - Math.log(a));
  }
  const other = front + Math.log(betaFraction(b, a, 1 - p)) - Math.log(b);
  return Math.log1p(-Math.min(1 - 1e-16, Math.exp(other)));
}

/**
 * ln P(X ≥ x) of a negative binomial count: ln I_p(x, r) with p = μ/(μ + r).
 *
 * @param x the count
 * @param mean expected count μ; 0 or less is taken as 1e-9
 * @param size the shape r > 0
 * @returns a number ≤ 0, never NaN
 */
export function lnUpperTail(x: number, mean: number, size: number): number {
  if (!(x > 0)) return 0;
  const n = Math.min(x, MOST);
  const mu = Math.min(Math.max(mean, 1e-9), MOST);
  const r = Math.min(Math.max(size, 1e-6), MOST);
  return lnBeta(n, r, mu / (mu + r), lnShare(mu, r), -Math.log1p(mu / r));
}

/** ln P(X ≤ x) of a negative binomial count: ln I_{1−p}(r, x + 1). Arguments as {@link lnUpperTail}. */
export function lnLowerTail(x: number, mean: number, size: number): number {
  if (x < 0) return -Infinity;
  const n = Math.min(x, MOST);
  const mu = Math.min(Math.max(mean, 1e-9), MOST);
  const r = Math.min(Math.max(size, 1e-6), MOST);
  return lnBeta(r, n + 1, r / (mu + r), -Math.log1p(mu / r), lnShare(mu, r));
}

/** ln of a sum of exponentials, weighted: ln Σ wᵢ·exp(vᵢ). */
export function lnMix(weights: readonly number[], values: readonly number[]): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  if (most === -Infinity) return -Infinity;
  let sum = 0;
  values.forEach((value, i) => (sum += (weights[i] ?? 0) * Math.exp(value - most)));
  return most + Math.log(Math.max(sum, TINY));
}
