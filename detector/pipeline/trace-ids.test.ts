import {
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { samplingOf } from './trace-ids.ts';

const generator = new RandomIdGenerator();

/** Trace ids as the SDK makes them, of which its own sampler keeps some. */
function keptIds(ratio: number, many: number): string[] {
  const sampler = new TraceIdRatioBasedSampler(ratio);
  const ids: string[] = [];
  while (ids.length < many) {
    const id = generator.generateTraceId();
    if (sampler.shouldSample(ROOT_CONTEXT, id).decision === SamplingDecision.RECORD_AND_SAMPLED)
      ids.push(id);
  }
  return ids;
}

it.each([0.01, 0.1, 0.5, 0.8])("finds the SDK's own sampler at a ratio of %f", (ratio) => {
  const found = samplingOf(keptIds(ratio, 400));
  expect(found?.scheme).toBe('the SDK for JavaScript');
  expect(found?.bits).toBeGreaterThan(30);
  expect(found?.ratio).toBeGreaterThan(ratio * 0.9);
  expect(found?.ratio).toBeLessThanOrEqual(ratio);
});

it('finds it where one call in a hundred came sampled by another', () => {
  expect(samplingOf([...keptIds(0.2, 396), ...keptIds(1, 4)])?.bits).toBeGreaterThan(30);
});

it('finds other samplers by what they compare', () => {
  const random = keptIds(1, 4_000);
  const by = (keeps: (id: string) => boolean): string | undefined =>
    samplingOf(random.filter(keeps).slice(0, 300))?.scheme;
  const lower = (id: string): number => Number(BigInt(`0x${id.slice(16)}`)) / 2 ** 64;
  expect(by((id) => lower(id) < 0.2)).toBe('the SDKs for Go and Python');
  expect(by((id) => lower(id) < 0.1 || lower(id) > 0.9)).toBe('the SDK for Java');
  expect(by((id) => Number(BigInt(`0x${id.slice(0, 16)}`)) / 2 ** 64 < 0.1)).toBe(
    'the SDK for .NET',
  );
  // A threshold of rejection: an id is kept when its lower 56 bits reach it.
  expect(by((id) => Number.parseInt(id.slice(18, 26), 16) >= 0.8 * 2 ** 32)).toBe(
    'consistent probability sampling',
  );
});

it('says nothing of ids of which all were kept, in a thousand services', () => {
  for (let service = 0; service < 1_000; service += 1) {
    expect(samplingOf(keptIds(1, 100))?.bits ?? 0).toBeLessThan(30);
  }
});
