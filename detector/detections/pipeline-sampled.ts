import { defineDetection } from '../detection.ts';
import { samplingOf } from '../pipeline/trace-ids.ts';
import { MONDAY } from '../values/example.ts';
import { count } from '../words.ts';

/** Distinct trace ids of a service; epoch ms. */
export interface TraceIdWindow {
  service: string;
  /** 32 lower-case hex digits each. */
  traceIds: readonly string[];
  first: number;
  last: number;
}

/** Trace ids for the examples: a multiplicative sequence whose lower half lies below a ratio. */
function idsBelow(ratio: number, many: number): string[] {
  const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, '0');
  const upper = Array.from({ length: many }, (_, i) => hex(BigInt(i + 1) * 0x9e3779b97f4a7c15n));
  const limit = BigInt(Math.floor(ratio * 2 ** 53)) << 11n;
  const step = limit / BigInt(many);
  return upper.map((head, i) => head + hex(step * BigInt((i * 7919) % many) + step / 3n));
}

const window = { service: 'payments', first: MONDAY, last: MONDAY + 300_000 };

/** A service sends only some of its calls: what it leaves out is not watched, and counts are too low. */
export const pipelineSampled = defineDetection<TraceIdWindow, object>({
  id: 'pipeline.sampled',
  title: 'A service sends only a sample of its calls',
  family: 'pipeline',
  severity: 'medium',
  owasp: ['API9:2023'],
  attack: ['T1562.008'],
  parameters: { bits: 30, traces: 50 },
  blindSpots: [
    'Samplers that do not go by the trace id: rate limits, tail sampling, chance.',
    'Services that keep more than nine in ten, or where two in a hundred calls follow another rule.',
    'Calls without trace ids, and fewer than fifty traces in ten minutes.',
  ],
  runbook: [
    'Set OTEL_TRACES_SAMPLER=always_on (or parentbased_always_on) in the service, or send its access log as well.',
    'Where the caller decides (parent-based sampling), it is the caller that samples: look there.',
    'Until then one call of a stolen token may well not be among what arrives.',
  ],
  detect: ({ service, traceIds, first, last }, _, { bits: threshold = 30, traces = 50 }) => {
    if (traceIds.length < traces) return null;
    const sampled = samplingOf(traceIds);
    if (sampled === null || sampled.bits <= threshold) return null;
    const percent = `${(100 * sampled.ratio).toPrecision(2)}%`;
    return {
      bits: sampled.bits,
      thresholdBits: threshold,
      value: '',
      explanation:
        `${service} sends about ${percent} of its calls: nearly all of ${count(traceIds.length)} trace ids lie where ` +
        `a sampler keeps them (as ${sampled.scheme} does); usual, and needed here, are all calls.`,
      evidence: {
        seen: percent,
        usual: 'all calls',
        unit: 'of the calls',
        facts: { traces: traceIds.length, sampler: sampled.scheme },
      },
      windowStart: first,
      windowEnd: last + 1,
    };
  },
  examples: {
    quiet: [
      { name: 'all calls', window: { ...window, traceIds: idsBelow(1, 500) }, baseline: {} },
      { name: 'few traces', window: { ...window, traceIds: idsBelow(0.1, 40) }, baseline: {} },
      {
        name: 'ids that begin with the date',
        window: { ...window, traceIds: idsBelow(1, 500).map((id) => `6a7b3c4d${id.slice(8)}`) },
        baseline: {},
      },
      {
        name: 'ids of 64 bits',
        window: {
          ...window,
          traceIds: idsBelow(1, 500).map((id) => '0'.repeat(16) + id.slice(16)),
        },
        baseline: {},
      },
    ],
    firing: [
      { name: 'one in ten', window: { ...window, traceIds: idsBelow(0.1, 500) }, baseline: {} },
      { name: 'three in four', window: { ...window, traceIds: idsBelow(0.75, 500) }, baseline: {} },
    ],
  },
});
