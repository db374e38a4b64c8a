import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { fastify } from 'fastify';
import { afterAll, expect, test } from 'vitest';
import { startTelemetry } from './service.ts';

/** Takes connections and never answers: a collector that hangs. */
async function startBlackHole(): Promise<{ url: string; server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    taken += 1;
    sockets.add(socket.on('error', () => socket.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets };
}

async function closedPort(): Promise<string> {
  const { url, server } = await startBlackHole();
  await new Promise((resolve) => server.close(resolve));
  return url;
}

async function timings(base: string, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    const response = await fetch(`${base}/accounts/1`, {
      headers: { authorization: 'Bearer opaque-token-of-a-client' },
    });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    taken.push(performance.now() - start);
  }
  return taken.sort((a, b) => a - b);
}

/** Connections that the black hole took: the exporter really tried. */
let taken = 0;
const closers: (() => unknown)[] = [];
afterAll(() => Promise.all(closers.map((close) => close())));

test.each([
  ['closed port', false, closedPort],
  [
    'black hole',
    true,
    async () => {
      const hole = await startBlackHole();
      closers.push(() => {
        hole.server.close();
        hole.sockets.forEach((socket) => socket.destroy());
      });
      return hole.url;
    },
  ],
])('collector is a %s: requests are neither slowed nor failed', async (_what, connects, start) => {
  // Without HTTP instrumentation: the plugin makes the spans, and two SDKs do not meet in one.
  const { tokenwatch } = startTelemetry(await start(), { http: null });
  const app = fastify();
  await app.register(tokenwatch.fastify());
  app.get('/accounts/:id', async () => ({ ok: true }));
  closers.push(() => app.close());
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  await timings(base, 100);
  // More spans than the exporter's queue holds, so that it is full most of the time.
  const sorted = await timings(base, 2_500);
  const median = sorted[sorted.length >> 1] ?? Infinity;
  const worst99 = sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
  console.log(`median ${median.toFixed(2)} ms, 99th percentile ${worst99.toFixed(2)} ms`);
  expect(median).toBeLessThan(10);
  expect(worst99).toBeLessThan(100);
  expect(taken > 0).toBe(connects);
});
