import { expect, it } from 'vitest';
import { limitSenders } from '../../collector/http/sender-limit.ts';
import type { Intake } from '../../collector/intake.ts';
import { startTestCollector } from '../collector/collector-fixture.ts';
import { otlpBody } from '../collector/otlp-body.ts';

const taken: Intake = async () => ({ kind: 'kept', partial: { rejected: 0, message: '' } });

it('holds one sender to its share and leaves the others theirs', async () => {
  let clock = 0;
  const intake = limitSenders(taken, 100, () => clock);
  const send = async (sender: string, bytes = 500) =>
    intake(Buffer.alloc(bytes), 'protobuf', 'traces', sender);
  expect([(await send('loud')).kind, (await send('loud')).kind]).toEqual(['kept', 'kept']);
  expect(await send('loud')).toMatchObject({ kind: 'unavailable', retryAfter: 1 });
  expect((await send('quiet')).kind).toBe('kept');
  clock += 1_000;
  expect((await send('loud')).kind).toBe('kept');
  // 400 bytes of debt: four seconds.
  expect(await send('loud')).toMatchObject({ kind: 'unavailable', retryAfter: 4 });
  expect(limitSenders(taken, 0, () => clock)).toBe(taken);
});

it('is told over HTTP as 503 with Retry-After, which clients try again', async () => {
  const collector = await startTestCollector({ TOKENWATCH_COLLECTOR_SENDER_BYTES_PER_SECOND: '1' });
  try {
    const post = async (): Promise<Response> =>
      fetch(`${collector.http}/v1/traces`, {
        method: 'POST',
        body: new Uint8Array(otlpBody([{ attributes: { 'http.route': '/a' } }])),
        headers: { 'Content-Type': 'application/x-protobuf' },
      });
    expect((await post()).status).toBe(200);
    const held = await post();
    expect(held.status).toBe(503);
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(10);
    expect(await collector.calls()).toHaveLength(1);
  } finally {
    await collector.close();
  }
});
