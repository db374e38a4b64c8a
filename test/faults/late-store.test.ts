// Stages that are started while ClickHouse is away, and a ClickHouse that comes later.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../store/db.ts';
import type { Db } from '../../store/db.ts';
import { freePort, startEmbedded } from '../../store/embedded/start-embedded.ts';
import type { EmbeddedServer } from '../../store/embedded/start-embedded.ts';
import { startProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { Supervised } from './supervisor.ts';
import { sendCall } from './traffic.ts';

const PEPPER = 'a pepper for the faults, 32 bytes';

let dir = '';
let server: EmbeddedServer;
let proxy: Proxy;
let db: Db;
const running: Supervised[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-late-'));
  server = await startEmbedded({ dataDir: join(dir, 'store'), port: await freePort() });
  proxy = await startProxy(() => server.httpPort);
  const { appUser: username, appPassword: password, url } = server;
  db = connect({ url, username, password, database: 'tokenwatch' });
});
afterAll(async () => {
  await Promise.all(running.map(async (one) => one.stop()));
  await db.close();
  await proxy.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Started {
  process: Supervised;
  /** Of the collector. */
  url: string;
  /** Status of a probe, 0 while nobody answers. */
  probe: (path: string) => Promise<number>;
}

async function start(
  stage: string,
  folder: string,
  more: Record<string, string> = {},
): Promise<Started> {
  const [port, health] = [await freePort(), await freePort()];
  const process = new Supervised(stage, {
    ...{ PATH: '', TOKENWATCH_DATA_DIR: join(dir, folder), TOKENWATCH_PEPPER: PEPPER },
    TOKENWATCH_CLICKHOUSE_URL: `http://127.0.0.1:${String(proxy.port)}`,
    TOKENWATCH_CLICKHOUSE_USERNAME: server.appUser,
    TOKENWATCH_CLICKHOUSE_PASSWORD: server.appPassword,
    TOKENWATCH_COLLECTOR_HTTP_PORT: String(port),
    TOKENWATCH_COLLECTOR_GRPC_PORT: '0',
    TOKENWATCH_TELEMETRY_PORT: String(health),
    ...more,
  });
  running.push(process);
  process.start();
  const probe = async (path: string): Promise<number> =>
    fetch(`http://127.0.0.1:${String(health)}${path}`).then(
      ({ status }) => status,
      () => 0,
    );
  return { process, url: `http://127.0.0.1:${String(port)}`, probe };
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await delay(50);
}

it('wait for ClickHouse, say so, and begin when it is there; the collector keeps calls meanwhile', async () => {
  proxy.cut = true;
  // Of a folder where it is known that no pepper was ever changed.
  const known = join(dir, 'collector');
  const first = await start('collector', 'collector');
  await until(async () => (await first.probe('/health')) === 200);
  // A new one knows nothing of links between hashes: it does not guess.
  const refused = async (): Promise<number> =>
    fetch(`${first.url}/v1/traces`, {
      ...{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } },
    }).then(
      ({ status }) => status,
      () => 0,
    );
  await until(async () => (await refused()) === 503);
  proxy.cut = false;
  await until(() => existsSync(join(known, 'token-links')));
  await first.process.stop();
  expect(first.process.starts).toBe(1);

  proxy.cut = true;
  const collector = await start('collector', 'collector');
  const detector = await start('detector', 'detector');
  await until(async () => (await detector.probe('/health')) === 200);
  expect(await detector.probe('/ready')).toBe(503);
  expect(await detector.probe('/metrics')).toBe(200);
  await until(async () => (await sendCall(collector.url, 1, PEPPER)).acknowledged);
  proxy.cut = false;
  await until(async () => (await detector.probe('/ready')) === 200);
  await until(async () => (await collector.probe('/ready')) === 200);
  const calls = async (): Promise<number> => {
    const [row] = await db.query<{ n: number }>('SELECT count() AS n FROM tokenwatch.calls');
    return row?.n ?? 0;
  };
  await until(async () => (await calls()) > 0);
  expect(await calls()).toBe(1);
  // None of them ended and was started again.
  expect([detector, collector].map(({ process }) => process.starts)).toEqual([1, 1]);
}, 90_000);

it('a server that answers and refuses is no reason to wait', async () => {
  const wrong = await start('detector', 'wrong', { TOKENWATCH_CLICKHOUSE_PASSWORD: 'not this' });
  await until(() => wrong.process.starts > 1);
  expect(wrong.process.said).toMatch(/AUTHENTICATION_FAILED|Authentication failed/i);
}, 60_000);
