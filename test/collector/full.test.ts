import { Client, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';

const open: TestCollector[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((collector) => collector.close()));
});

async function start(env: Record<string, string>): Promise<TestCollector> {
  const collector = await startTestCollector(env);
  open.push(collector);
  return collector;
}

function post({ http }: TestCollector, service: string): Promise<Response> {
  return fetch(`${http}/v1/traces`, {
    method: 'POST',
    body: new Uint8Array(otlpBody([{ attributes: {} }], { 'service.name': service })),
    headers: { 'Content-Type': 'application/x-protobuf' },
  });
}

/** No spool, no patience: what ClickHouse does not take is not kept. */
const NOWHERE_ELSE = {
  TOKENWATCH_COLLECTOR_SPOOL_MAX_BYTES: '0',
  TOKENWATCH_COLLECTOR_INSERT_PATIENCE_SECONDS: '0',
};

describe('a collector that cannot keep calls', () => {
  it('answers 503 and UNAVAILABLE, each with a delay, and keeps nothing of them', async () => {
    const collector = await start(NOWHERE_ELSE);
    const table = `${collector.store.db.database}.calls`;
    // ClickHouse as it is when a migration went wrong or a disk is away: it takes no calls.
    await collector.store.db.command(`RENAME TABLE ${table} TO ${table}_away`);
    const refused = await post(collector, 'lost');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const body = Buffer.from(await refused.arrayBuffer());
    expect([...body.subarray(0, 2)]).toEqual([0x08, 14]);

    const client = new Client(collector.grpc.replace('http://', ''), credentials.createInsecure());
    const asIs = (bytes: Buffer): Buffer => bytes;
    const error = await new Promise<ServiceError | null>((resolve) => {
      const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
      const span = otlpBody([{ attributes: {} }]);
      client.makeUnaryRequest(path, asIs, asIs, span, (failure) => resolve(failure));
    });
    client.close();
    expect(error?.code).toBe(status.UNAVAILABLE);
    const [details] = error?.metadata.get('grpc-status-details-bin') ?? [];
    expect(String(details)).toContain('google.rpc.RetryInfo');

    await collector.store.db.command(`RENAME TABLE ${table}_away TO ${table}`);
    expect((await post(collector, 'kept')).status).toBe(200);
    const services = (await collector.calls()).map(({ service }) => service);
    expect(services).toEqual(['kept']);
  });

  it('answers 503 at once when the queue is full, and takes calls again afterwards', async () => {
    const collector = await start({
      ...NOWHERE_ELSE,
      TOKENWATCH_COLLECTOR_INSERT_PATIENCE_SECONDS: '3',
      TOKENWATCH_COLLECTOR_INSERTS_IN_FLIGHT: '1',
      TOKENWATCH_COLLECTOR_MAX_BATCH_ROWS: '1',
    });
    const table = `${collector.store.db.database}.calls`;
    await collector.store.db.command(`RENAME TABLE ${table} TO ${table}_away`);
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const begun = performance.now();
        const { status: code, headers } = await post(collector, 'full');
        const took = performance.now() - begun;
        return { code, delay: Number(headers.get('retry-after')), took };
      }),
    );
    expect(answers.every(({ code, delay }) => code === 503 && delay > 0)).toBe(true);
    // One is being tried, two wait; the others were turned away without waiting.
    expect(answers.filter(({ took }) => took < 2000).length).toBe(9);
    await collector.store.db.command(`RENAME TABLE ${table}_away TO ${table}`);
    expect((await post(collector, 'after')).status).toBe(200);
  }, 30_000);
});

describe('a collector that is stopped', () => {
  it('drains: every call that was acknowledged is in the store', async () => {
    // A long wait for more rows: the calls are in memory only when the stop comes.
    const collector = await start({
      TOKENWATCH_COLLECTOR_MAX_WAIT_MS: '5000',
      TOKENWATCH_COLLECTOR_SPOOL_MAX_BYTES: '0',
    });
    expect((await post(collector, 'drain')).status).toBe(200);
    const sent = Array.from({ length: 20 }, () => post(collector, 'drain'));
    const metric = /queued_rows 20\n/;
    await expect.poll(() => collector.metrics(), { timeout: 5000 }).toMatch(metric);
    const begun = performance.now();
    await collector.stage.stop();
    expect(performance.now() - begun).toBeLessThan(4000);
    const answers = await Promise.all(sent);
    expect(answers.every(({ status: code }) => code === 200)).toBe(true);
    expect((await collector.calls(`service = 'drain'`)).length).toBe(21);
    await expect(post(collector, 'late')).rejects.toThrow();
  });
});
