// tokenwatch reports itself by OTLP: to a receiver, to its own collector, and to nobody.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Counter, Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOwnTelemetry } from '../../cli/telemetry/otlp.ts';
import { telemetrySchema } from '../../config/telemetry.ts';
import { freePort } from '../../store/embedded/start-embedded.ts';
import { startTestCollector } from '../collector/collector-fixture.ts';
import { Supervised } from '../faults/supervisor.ts';
import { clientOf, sendCall } from '../faults/traffic.ts';

const PEPPER = 'a pepper for the faults, 32 bytes';
const ADMIN = 'an admin key for tests, long enough';

/** Bodies by path: what a backend for OTLP, and a webhook, would have received. */
const received: { path: string; key: string; body: string }[] = [];
let server: Server;
let backend = '';
let dir = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-own-'));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const isZipped = request.headers['content-encoding'] === 'gzip';
      const body = (isZipped ? gunzipSync(raw) : raw).toString('latin1');
      received.push({ path: request.url ?? '', key: request.headers.authorization ?? '', body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  backend = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await delay(50);
}

const all = (path: string): string =>
  received
    .filter((one) => one.path === path)
    .map(({ body }) => body)
    .join('\n');

it('sends spans of all stages and the metrics of its registry, and nothing that is secret', async () => {
  const file = join(dir, 'tokenwatch.yaml');
  writeFileSync(
    file,
    `
alerting:
  receivers:
    hook: { type: webhook, url: '${backend}/hook', allow_private_network: true }
  route: { receiver: hook, urgent_wait: 0s, group_wait: 0s }
telemetry: { otlp_endpoint: '${backend}', otlp_ratio: 1, otlp_every_seconds: 1 }
`,
  );
  const [http, console] = [await freePort(), await freePort()];
  const process = new Supervised('up', {
    ...{ PATH: '', TOKENWATCH_CONFIG: file, TOKENWATCH_DATA_DIR: join(dir, 'data') },
    ...{ TOKENWATCH_PEPPER: PEPPER, TOKENWATCH_ADMIN_KEY: ADMIN },
    TOKENWATCH_CLICKHOUSE_PORT: '0',
    TOKENWATCH_COLLECTOR_HTTP_PORT: String(http),
    TOKENWATCH_COLLECTOR_GRPC_PORT: '0',
    TOKENWATCH_CONSOLE_PORT: String(console),
    TOKENWATCH_TELEMETRY_OTLP_KEY: 'the key of a backend',
    TOKENWATCH_ALERTING_RECEIVERS_HOOK_SECRETS: `whsec_${Buffer.alloc(32, 3).toString('base64')}`,
  });
  process.start();
  try {
    const url = `http://127.0.0.1:${String(http)}`;
    await until(async () => (await sendCall(url, 10, PEPPER)).acknowledged);
    const search = 'a-secret-search';
    await fetch(`http://127.0.0.1:${String(console)}/api/v1/incidents?q=${search}`, {
      headers: { Authorization: `Bearer ${ADMIN}` },
    });
    const names = ['collector.export', 'detector.tick', 'console.request', 'alerting.delivery'];
    await until(() => names.every((name) => all('/v1/traces').includes(name)));
    await until(() => all('/v1/metrics').includes('tokenwatch_collector_insert_seconds'));
    const sent = all('/v1/traces') + all('/v1/metrics');
    expect(sent).toContain('/api/v1/incidents');
    for (const secret of [search, ADMIN, PEPPER, 'whsec_', '127.0.0.1', clientOf(10)]) {
      expect(sent).not.toContain(secret);
    }
    const ours = received.filter(({ path }) => path.startsWith('/v1/'));
    expect(new Set(ours.map(({ key }) => key))).toEqual(new Set(['Bearer the key of a backend']));
    expect(process.starts).toBe(1);
  } finally {
    await process.stop();
  }
}, 90_000);

const settings = (endpoint: string) =>
  telemetrySchema.parse({ otlp_endpoint: endpoint, otlp_ratio: 1, otlp_every_seconds: 1 });

it('sent to its own collector it becomes no call, and is no echo', async () => {
  const registry = new Registry();
  const collector = await startTestCollector();
  const sample = { registry, stage: 'test', now: Date.now };
  const own = startOwnTelemetry(settings(collector.http), sample);
  try {
    for (let i = 0; i < 20; i += 1) {
      own?.reportSpan({ name: 'collector.export', seconds: 0.01, attributes: { n: i } });
    }
    await own?.stop();
    expect(await collector.metrics()).toMatch(
      /requests_total\{.*signal="traces",status="200"\} 1\n/,
    );
    expect(await collector.calls()).toEqual([]);
  } finally {
    await collector.close();
  }
});

it('an endpoint that is away costs neither time nor memory without bound, nor the end', async () => {
  const registry = new Registry();
  new Counter({ name: 'some_total', help: 'Some', registers: [registry] }).inc();
  const away = settings('http://127.0.0.1:1');
  const own = startOwnTelemetry(away, { registry, stage: 'test', now: Date.now });
  const begun = process.cpuUsage().user;
  for (let i = 0; i < 10_000; i += 1) {
    own?.reportSpan({ name: 'detector.tick', seconds: 0.01, attributes: { n: i } });
  }
  expect(process.cpuUsage().user - begun).toBeLessThan(3_000_000);
  await own?.stop();
  const off = telemetrySchema.parse({});
  expect(startOwnTelemetry(off, { registry, stage: 'test', now: Date.now })).toBeNull();
});
