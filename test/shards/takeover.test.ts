// Detectors that share the tokens are killed, started elsewhere, doubled, and become more and fewer: every
// call is judged, and nothing is told twice.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { parseShard } from '../../config/shard.ts';
import { createDetector } from '../../detector/app.ts';
import type { Detector } from '../../detector/app.ts';
import { withParameters } from '../../detector/parameters.ts';
import { DETECTIONS } from '../../detector/registry.ts';
import type { Finding } from '../../model/finding.ts';
import { readProgress } from '../../store/detection/progress.ts';
import { freePort } from '../../store/embedded/start-embedded.ts';
import { insertTestCalls, tokenNamed } from '../support/call-rows.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

let store: TestStore;
const folders: string[] = [];
const running = new Set<ChildProcess>();
/** Tokens of staging that were used in production: one finding each. */
const sent: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await store.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  ask: (path: string) => Promise<string>;
}

/** A detector as it runs in production; each has a host, a data directory and a port of its own. */
async function start(shard: string): Promise<Started> {
  const { embedded } = store;
  if (embedded === null) throw new Error('the test store is embedded');
  const folder = mkdtempSync(join(tmpdir(), 'tokenwatch-detector-'));
  folders.push(folder);
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN, 'detector', '--shard', shard], {
    cwd: folder,
    env: {
      ...{ PATH: '', TOKENWATCH_DATA_DIR: folder, TOKENWATCH_LOG_LEVEL: 'error' },
      TOKENWATCH_PEPPER: 'a pepper for tests only, 32 bytes',
      TOKENWATCH_CLICKHOUSE_URL: embedded.url,
      TOKENWATCH_CLICKHOUSE_USERNAME: embedded.appUser,
      TOKENWATCH_CLICKHOUSE_PASSWORD: embedded.appPassword,
      TOKENWATCH_TELEMETRY_PORT: String(port),
      TOKENWATCH_DETECTOR_TICK_SECONDS: '0.2',
    },
    stdio: 'ignore',
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const ask = async (path: string): Promise<string> =>
    fetch(`http://127.0.0.1:${String(port)}${path}`).then(
      async (answer) => answer.text(),
      () => '',
    );
  return { child, ask };
}

async function stop({ child }: Started, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function send(count: number): Promise<void> {
  const time = Date.now();
  const calls = Array.from({ length: count }, () => {
    const token = tokenNamed(`astray ${String(sent.length)}`);
    sent.push(token);
    return {
      ...{ time, tokenHash: token, clientId: 'acme', service: 's', status: 200 },
      ...{
        environment: 'production',
        tokenEnvironment: 'staging',
        authResult: 'accepted' as const,
      },
    };
  });
  await insertTestCalls(store.db, calls);
}

interface Told {
  token: string;
  ids: number;
}

async function told(): Promise<Told[]> {
  return store.db.query<Told>(
    `SELECT lower(hex(token_hash)) AS token, uniqExact(id) AS ids FROM tokenwatch.findings
     WHERE detection = 'environment.mismatch' GROUP BY token`,
  );
}

/** All that was sent was told, each once. */
async function expectAllTold(): Promise<void> {
  const rows = await told();
  expect(rows.map(({ token }) => token).sort()).toEqual([...sent].sort());
  expect(rows.filter(({ ids }) => ids > 1)).toEqual([]);
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await delay(100);
}

it('killed in mid-work and started elsewhere, a detector misses nothing and tells nothing twice', async () => {
  const [first, second] = [await start('1/2'), await start('2/2')];
  await send(20);
  await until(async () => (await told()).length === sent.length);
  expect(JSON.parse(await second.ask('/ready'))).toEqual({ status: 'ready', shard: '2/2' });
  expect(await second.ask('/metrics')).toContain('tokenwatch_detector_shard{shard="2/2"} 1');
  for (let i = 0; i < 4; i += 1) await send(10);
  await stop(second, 'SIGKILL');
  await send(20);
  const elsewhere = await start('2/2');
  await send(20);
  await until(async () => (await told()).length === sent.length);
  await expectAllTold();
  await Promise.all([stop(first, 'SIGTERM'), stop(elsewhere, 'SIGTERM')]);
});

async function begin(...shards: string[]): Promise<Detector[]> {
  const settings = detectorSchema.parse({});
  const detectors = shards.map((text) => {
    const shard = parseShard(text) ?? { index: 0, count: 0 };
    return createDetector({ db: store.db, now: Date.now, settings, shard });
  });
  for (const detector of detectors) await detector.start();
  return detectors;
}

/** Lets detectors look, side by side, at all that has arrived. */
async function look(detectors: readonly Detector[]): Promise<void> {
  const one = async (detector: Detector): Promise<void> => {
    while ((await detector.tick()).behind > 0);
  };
  await Promise.all(detectors.map(one));
}

it('with other numbers of detectors nothing is missed either, nor when one is there twice', async () => {
  // Of two, one is dead; then they are three; then one; each time with calls that nobody has looked at.
  await send(30);
  await look(await begin('1/2'));
  expect((await told()).length).toBeLessThan(sent.length);
  await send(30);
  await look(await begin('1/3', '2/3', '3/3'));
  await expectAllTold();
  await send(30);
  await look(await begin('1/1'));
  await expectAllTold();
  await send(30);
  await look(await begin('1/2', '1/2', '2/2', '2/2', '1/1'));
  await expectAllTold();
  const places = await readProgress(store.db);
  expect(places.map(({ shard }) => `${String(shard.index)}/${String(shard.count)}`).sort()).toEqual(
    ['1/1', '1/2', '1/3', '2/2', '2/3', '3/3'],
  );
});

it('a detector that is missed is a finding of the next one', async () => {
  const { id } = DETECTIONS.pipelineShardSilent;
  const tick = async (minutes: number) => {
    const [detector] = await begin('1/2');
    return withParameters({ [id]: { minutes } }, async () => detector?.tick());
  };
  const ofIt = (findings: readonly Finding[] = []): Finding[] =>
    findings.filter((one) => one.detection === id);
  // One that has only begun to look has waited for nobody yet.
  expect(ofIt((await tick(0))?.findings)).toEqual([]);
  const result = await tick(-1);
  expect(ofIt(result?.findings)).toMatchObject([
    { entity: 'service', name: 'detector 2/2', severity: 'high' },
  ]);
  expect(result?.neighbours.map(({ shard }) => shard)).toEqual([{ index: 2, count: 2 }]);
});

it('a shard that cannot be is refused by name', () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'detector', '--shard', '3/2'], {
    ...{ encoding: 'utf8', env: { PATH: '' } },
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/--shard <i\/n>.* '3\/2' is invalid.* expected i\/n/);
});
