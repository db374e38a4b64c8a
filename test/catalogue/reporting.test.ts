// Blindness: services that fall silent, leave something out, have a wrong clock, or send a sample only.
import { SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import type { OpenNotice } from '../../detector/judge/judged.ts';
import { toFinding } from '../../detector/raise.ts';
import { lookAround } from '../../detector/watch/look.ts';
import { OTEL } from '../../model/attributes.ts';
import { readServerClock } from '../../store/detection/fresh.ts';
import { insertTestCalls, tokenNamed } from '../support/call-rows.ts';
import type { TestCall } from '../support/call-rows.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const settings = detectorSchema.parse({});

let stage: Stage;
/** The beginning of the five minutes that are under way. */
let now = 0;
beforeAll(async () => {
  stage = await openStage();
  now = Math.floor((await readServerClock(stage.store.db)) / (5 * MINUTE)) * 5 * MINUTE;
});
afterAll(async () => stage.close());

/** One call a minute of a stretch of time. */
function calls(
  service: string,
  from: number,
  to: number,
  more: Partial<TestCall> = {},
): TestCall[] {
  return Array.from({ length: Math.round((to - from) / MINUTE) }, (_, i) => ({
    ...{
      time: from + i * MINUTE,
      ingestedAt: from + i * MINUTE,
      service,
      environment: 'production',
    },
    ...{ tokenHash: tokenNamed(service), clientId: 'acme', method: 'GET', route: '/things' },
    ...{ status: 200, userAgent: 'curl/8', ...more },
  }));
}

/** The hours around this one on each of 28 days before. */
function history(service: string): TestCall[] {
  return Array.from({ length: 28 }, (_, i) => now - (i + 1) * DAY).flatMap((then) =>
    calls(service, then - 2 * HOUR, then + 3 * HOUR),
  );
}

/** What a look at the last five minutes and the clock notices of the pipeline. */
async function notices(at?: number): Promise<OpenNotice[]> {
  const { db } = stage.store;
  const to = (at ?? (await readServerClock(db))) + 1;
  const all = await lookAround(db, { by: 'arrival', from: to - 300_001, to }, settings);
  return all.filter((one) => one.detection.family === 'pipeline');
}

const told = (list: readonly OpenNotice[]): string[] =>
  list.map((one) => `${one.entity.name ?? ''}: ${one.detection.id} ${one.noticed.value}`).sort();

it('a service that went silent and one that leaves something out are findings; others are not', async () => {
  const { db } = stage.store;
  await insertTestCalls(db, [
    ...['payments', 'cards', 'loans', 'rates'].flatMap(history),
    ...calls('loans', now - 2 * HOUR, now + 5 * MINUTE),
    ...calls('rates', now - 2 * HOUR, now + 5 * MINUTE),
    ...calls('cards', now - 6 * HOUR, now - HOUR, { userAgent: '' }),
    ...calls('cards', now - HOUR, now + 5 * MINUTE, { userAgent: '' }),
    ...calls('payments', now - 2 * HOUR, now - 90 * MINUTE),
    // Too young to be missed.
    ...calls('young', now - 3 * DAY, now - 3 * DAY + 5 * HOUR),
  ]);
  const found = await notices(now + 3 * MINUTE);
  expect(told(found)).toEqual([
    'cards: pipeline.attribute-lost user agent in production',
    'payments: pipeline.silent production',
  ]);
  const silent = found.find((one) => one.detection.id === 'pipeline.silent');
  if (silent === undefined) throw new Error('not noticed');
  const finding = await toFinding(db, silent, Date.now());
  expect(finding).toMatchObject({
    service: 'payments',
    environment: 'production',
    severity: 'high',
  });
  expect(finding.explanation).toMatch(/^payments in production reported 0 calls in 1 h, the last/);
  // The next look says the same of it, under the same id.
  const again = await notices(now + 8 * MINUTE);
  const [id] = again.filter((one) => one.detection.id === 'pipeline.silent');
  expect((await toFinding(db, id ?? silent, 1)).id).toBe(finding.id);
  expect(finding.evidence.facts?.['last_report']).toMatch(/UTC$/);
});

it('when all fall silent at once it is one finding, about the way to here', async () => {
  const found = await notices(now + 70 * MINUTE);
  expect(told(found).filter((one) => !one.includes('attribute'))).toEqual([
    'all services: pipeline.stopped ',
  ]);
  expect(found.find((one) => one.detection.id === 'pipeline.stopped')?.noticed.explanation).toMatch(
    /^4 of 4 services went silent at once \(cards, loans, payments and rates\)/,
  );
});

it('clocks that are ahead, behind and far ahead are findings; calls of a batch exporter, or sent days later, are not', async () => {
  const at = Date.now();
  const served = (service: string, lag: number) =>
    Array.from({ length: 40 }, () => ({ token: 'x', service, time: at - lag }));
  await stage.serve([
    ...served('on-time', 4_000),
    ...served('ahead', -60_000),
    ...served('behind', 3 * HOUR),
    ...served('far-ahead', -HOUR),
    // What was kept for two days and is sent now.
    ...Array.from({ length: 40 }, (_, i) => served('backlog', i * HOUR).slice(0, 1)).flat(),
  ]);
  // The collector writes what it counted every few seconds.
  let found: string[] = [];
  for (let i = 0; i < 100 && !found.some((one) => one.startsWith('far')); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = told(await notices()).filter((one) => one.includes('clock'));
  }
  expect(found).toEqual([
    'ahead: pipeline.clock-skew ahead',
    'behind: pipeline.clock-skew behind',
    'far-ahead: pipeline.clock-skew future',
  ]);
});

/** A service with the real SDK, which sends its requests as a sampler lets it. */
async function sendSampled(service: string, ratio: number, requests: number): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${stage.http}/v1/traces` });
  const provider = new TracerProvider({
    sampler: new TraceIdRatioBasedSampler(ratio),
    resource: resourceFromAttributes({ [OTEL.serviceName]: service }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('test');
  for (let i = 0; i < requests; i += 1) {
    const attributes = { [OTEL.method]: 'GET', [OTEL.route]: '/things', [OTEL.status]: 200 };
    tracer.startSpan('GET /things', { kind: SpanKind.SERVER, root: true, attributes }).end();
  }
  await provider.forceFlush();
  await provider.shutdown();
}

it("the SDK's own ratio sampler is noticed, and a service that sends everything is not", async () => {
  await sendSampled('sampled', 0.25, 1_500);
  await sendSampled('whole', 1, 600);
  const found = (await notices()).filter((one) => one.detection.id === 'pipeline.sampled');
  expect(found.map((one) => one.entity.name)).toEqual(['sampled']);
  expect(found[0]?.noticed.explanation).toMatch(/^sampled sends about 2[45]% of its calls/);
  expect(found[0]?.noticed.evidence.facts?.['sampler']).toBe('the SDK for JavaScript');
});
