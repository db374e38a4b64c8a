import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHygiene } from '../../store/calls/hygiene.ts';
import { startTestCollector } from './collector-fixture.ts';
import type { TestCollector } from './collector-fixture.ts';
import { otlpBody } from './otlp-body.ts';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

it('the hygiene report names services, fields and kinds of what was masked, never a value', async () => {
  const attributes = { 'user_agent.original': 'by anna@example.com', 'tokenwatch.scope': 'read' };
  const body = otlpBody([{ attributes }, { attributes }], { 'service.name': 'careless' });
  const response = await fetch(`${collector.http}/v1/traces`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'Content-Type': 'application/x-protobuf' },
  });
  expect(response.status).toBe(200);
  const since = Date.now();
  await collector.stage.stop();
  const day = new Date(since).toISOString().slice(0, 10);
  const row = { day, service: 'careless', field: 'user_agent', kind: 'mail', count: 2 };
  expect(await readHygiene(collector.store.db, { since })).toEqual([row]);
  expect(await readHygiene(collector.store.db, { since, service: 'other' })).toEqual([]);
  expect(await readHygiene(collector.store.db, { since: since + 2 * 86_400_000 })).toEqual([]);
});
