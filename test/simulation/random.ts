/**
 * Seeded randomness for the simulation: the same seed gives the same numbers on every machine.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded by a 32-bit hash of its names.
 */

/** A 32-bit seed from any parts (FNV-1a with a final avalanche); equal parts, equal seed. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const text = String(part);
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One stream of random numbers; streams of different names are independent. */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(...name: readonly (string | number)[]) {
    this.#a = seedOf(...name, 'a') | 0;
    this.#b = seedOf(...name, 'b') | 0;
    this.#c = seedOf(...name, 'c') | 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** Uniform in [0, 1), 32 bits. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number in [0, n). */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a non-empty list. */
  pick<T>(list: readonly T[]): T {
    const value = list[this.int(list.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }

  /** An index drawn in proportion to the weights (not negative, not all zero). */
  weighted(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let left = this.next() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i] ?? 0;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }

  /** `count` different members of the list, or all of it when it is shorter. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    const out: T[] = [];
    while (out.length < count && rest.length > 0) {
      out.push(...rest.splice(this.int(rest.length), 1));
    }
    return out;
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    const u = Math.max(this.next(), 2 ** -33);
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.next());
  }

  /** Log-normal by its median and the standard deviation of its logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Gamma with mean shape and scale 1 (Marsaglia and Tsang 2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * Math.max(this.next(), 1e-12) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }

  /** Poisson: by products of uniforms up to a mean of 30, a rounded normal above. */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let product = this.next();
    let count = 0;
    while (product > limit) {
      product *= this.next();
      count += 1;
    }
    return count;
  }

  /** Negative binomial with variance mean + dispersion·mean². */
  negativeBinomial(mean: number, dispersion: number): number {
    if (mean <= 0) return 0;
    if (dispersion < 1e-6) return this.poisson(mean);
    return this.poisson(mean * dispersion * this.gamma(1 / dispersion));
  }

  /** Binomial; exact up to 40 trials or a small mean, a rounded normal above. */
  binomial(trials: number, probability: number): number {
    if (probability >= 1) return trials;
    if (probability <= 0 || trials <= 0) return 0;
    const mean = trials * probability;
    if (mean > 30 && mean * (1 - probability) > 15) {
      const sd = Math.sqrt(mean * (1 - probability));
      return Math.min(trials, Math.max(0, Math.round(mean + sd * this.normal())));
    }
    // Waiting times between successes are geometric.
    const log = Math.log1p(-probability);
    let position = Math.floor(Math.log(1 - this.next()) / log) + 1;
    let successes = 0;
    while (position <= trials) {
      successes += 1;
      position += Math.floor(Math.log(1 - this.next()) / log) + 1;
    }
    return successes;
  }
}
