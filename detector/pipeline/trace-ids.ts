const HALF = 1n << 63n;
const IN_64 = 2 ** 64;

function magnitude(value: bigint): number {
  const signed = BigInt.asIntN(64, value);
  return Number(signed < 0n ? -signed : signed) / Number(HALF);
}

/**
 * What samplers derive from a trace id and compare with their ratio, in [0, 1): those below it are
 * kept. Each is uniform where nothing is sampled. As the SDKs have it: JavaScript (XOR of four words),
 * Go and Python (the lower 64 bits), Java (their magnitude), .NET (that of the upper 64), and OpenTelemetry's
 * consistent probability sampling (the lower 56 bits against a threshold of rejection).
 */
const SCHEMES: Readonly<Record<string, (id: string) => number>> = {
  'the SDK for JavaScript': (id) => {
    let folded = 0;
    for (let at = 0; at < 32; at += 8) folded ^= Number.parseInt(id.slice(at, at + 8), 16);
    return (folded >>> 0) / 2 ** 32;
  },
  'the SDKs for Go and Python': (id) => Number(BigInt(`0x${id.slice(16)}`)) / IN_64,
  'the SDK for Java': (id) => magnitude(BigInt(`0x${id.slice(16)}`)),
  'the SDK for .NET': (id) => magnitude(BigInt(`0x${id.slice(0, 16)}`)),
  'consistent probability sampling': (id) =>
    1 - (Number(BigInt(`0x${id.slice(18)}`)) + 1) / 2 ** 56,
};

/** So much of what arrives may have been sampled by another rule, or not at all. */
const OTHERS = 0.02;
/** Chi-squared of three degrees of freedom: once in a million. */
const UNEVEN = 30;
/** Below this an id is a counter or a date rather than chosen by a sampler. */
const LEAST_RATIO = 1e-4;

/** What the trace ids of a service say of sampling. */
export interface Sampled {
  scheme: string;
  /** The share that is kept, in (0, 1). */
  ratio: number;
  /** −log2 of the probability that ids of which all are kept look so, corrected for what was tried. */
  bits: number;
}

/** ln P(X ≤ k) of a binomial count, by its terms. */
function lnAtMost(k: number, n: number, p: number): number {
  let lnTerm = n * Math.log1p(-p);
  let sum = Math.exp(0);
  let top = lnTerm;
  for (let i = 1; i <= k; i += 1) {
    lnTerm += Math.log(((n - i + 1) / i) * (p / (1 - p)));
    if (lnTerm > top) {
      sum = sum * Math.exp(top - lnTerm) + 1;
      top = lnTerm;
    } else sum += Math.exp(lnTerm - top);
  }
  return Math.min(0, top + Math.log(sum));
}

/** Whether values are spread evenly over [0, most]. */
function isEven(values: readonly number[], most: number): boolean {
  const bins = [0, 0, 0, 0];
  for (const value of values) {
    const bin = Math.min(3, Math.floor((4 * value) / most));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const expected = values.length / 4;
  return bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0) < UNEVEN;
}

/**
 * Finds the sampler by which trace ids were chosen: of one of the schemes, nearly all values lie
 * evenly below a ratio, where ids of which all are kept would fill [0, 1).
 *
 * @param ids distinct, 32 lower-case hex digits each
 * @returns the likeliest, or null where there is none
 */
export function samplingOf(ids: readonly string[]): Sampled | null {
  const others = Math.ceil(OTHERS * ids.length);
  if (ids.length <= others + 4) return null;
  const found = Object.entries(SCHEMES).flatMap(([scheme, derive]) => {
    const kept = ids.map(derive).sort((a, b) => a - b);
    kept.length -= others;
    const most = kept.at(-1) ?? 1;
    if (most >= 1 || most < LEAST_RATIO || !isEven(kept, most)) return [];
    const bits = -lnAtMost(others, ids.length, 1 - most) / Math.LN2;
    const tried = Math.log2(Object.keys(SCHEMES).length * ids.length);
    return [{ scheme, ratio: most, bits: Math.max(0, bits - tried) }];
  });
  return found.sort((a, b) => b.bits - a.bits)[0] ?? null;
}
