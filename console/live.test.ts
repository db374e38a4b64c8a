import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appendEvents } from '../store/incidents/events.ts';
import { seedConsole } from '../test/support/console-seed.ts';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';

let test: TestConsole;
let ids: string[];

beforeAll(async () => {
  test = await openTestConsole();
  ({ ids } = await seedConsole(test.store.db, { now: Date.now() }));
  await test.app.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await test.close();
});

/** Reads a stream until a text has come; what came. */
async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  text: string,
): Promise<string> {
  let read = '';
  while (!read.includes(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended: ${read}`);
    read += new TextDecoder().decode(value);
  }
  return read;
}

it('tells open pages within a second what changed, and lets go when it stops', async () => {
  const { port } = test.app.server.address() as AddressInfo;
  const stream = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: test.admin });
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  expect(stream.headers.get('x-content-type-options')).toBe('nosniff');
  const reader = stream.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  await readUntil(reader, 'event: hello');
  // The follower begins where it finds the table; give it its first look.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const startedAt = Date.now();
  const id = ids[1] ?? '';
  await appendEvents(test.store.db, [
    { id: 'ack', incidentId: id, at: Date.now(), actor: 'person:ada', kind: 'acknowledged' },
  ]);
  const told = await readUntil(reader, '"status":"acknowledged"');
  expect(Date.now() - startedAt).toBeLessThan(1_500);
  expect(told).toContain(id);
  expect(told).not.toContain(ids[2]);
  await test.app.close();
  await expect(readUntil(reader, 'never')).rejects.toThrow(/ended/);
});
