import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../store/db.ts';
import type { Db } from '../../store/db.ts';
import { freePort, startEmbedded } from '../../store/embedded/start-embedded.ts';
import type { EmbeddedServer } from '../../store/embedded/start-embedded.ts';
import { migrate } from '../../store/migrate.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import type { FaultyServer } from '../conformance/faulty-servers.ts';
import { seeded } from '../support/call-rows.ts';
import { startProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { Supervised } from './supervisor.ts';
import { clientOf, sendCall } from './traffic.ts';
import type { Sent } from './traffic.ts';

const PEPPER = 'a pepper for the faults, 32 bytes';
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const STAGES = ['collector', 'detector', 'alerting'] as const;

/** By how much the clock is wrong at most, ms: more than any window or lease lasts. */
const CLOCK_STEP = 2 * 3_600_000;

export interface FaultOptions {
  seed: number;
  /** How often each fault happens. */
  rounds: number;
  /** Milliseconds that ClickHouse is away, and between two faults. */
  away: number;
  pause: number;
  say: (line: string) => void;
  /** Only the faults whose name begins so. */
  only?: string;
}

/** What was sent and what became of it. */
export interface FaultReport {
  sent: Sent[];
  /** How often each acknowledged or unacknowledged call is in ClickHouse, by its id. */
  stored: Map<number, number>;
  /** All calls that are in ClickHouse, and what they add up to in rollups, by table. */
  calls: number;
  rolledUp: Map<string, number>;
  /** Incidents by client. */
  incidents: Map<string, number>;
  /** First messages at the receiver by client, repeats under the same id counted once. */
  alerts: Map<string, number>;
  starts: Record<string, number>;
}

interface World {
  dir: string;
  server: EmbeddedServer;
  proxy: Proxy;
  hook: FaultyServer;
  stages: Record<string, Supervised>;
  /** Sets the clock of the stages' host, ms from the true time; ClickHouse has a host of its own. */
  setClock: (step: number) => void;
  url: string;
  db: () => Db;
}

function configYaml(hook: FaultyServer): string {
  const url = `http://127.0.0.1:${String(hook.port)}/`;
  return `alerting:
  poll_seconds: 0.1
  receivers:
    hook: { type: webhook, url: '${url}', allow_private_network: true, cap: { messages: 100000 } }
  route: { receiver: hook, urgent_wait: 0s, group_wait: 0s }
`;
}

async function build(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'tokenwatch-faults-'));
  const server = await startEmbedded({ dataDir: join(dir, 'store'), port: await freePort() });
  const proxy = await startProxy(() => server.httpPort);
  const answers = { success: { status: 200, body: '' }, refusal: { status: 400, body: '' } };
  const hook = await startFaultyHttp(answers);
  writeFileSync(join(dir, 'tokenwatch.yaml'), configYaml(hook));
  const clock = join(dir, 'clock');
  writeFileSync(clock, '0');
  const port = await freePort();
  const login = { username: server.appUser, password: server.appPassword, database: 'tokenwatch' };
  const env: Record<string, string> = {
    PATH: '',
    FAULTS_CLOCK: clock,
    TOKENWATCH_CONFIG: join(dir, 'tokenwatch.yaml'),
    TOKENWATCH_CLICKHOUSE_URL: `http://127.0.0.1:${String(proxy.port)}`,
    TOKENWATCH_CLICKHOUSE_USERNAME: login.username,
    TOKENWATCH_CLICKHOUSE_PASSWORD: login.password,
    TOKENWATCH_PEPPER: PEPPER,
    TOKENWATCH_LOG_LEVEL: 'error',
    TOKENWATCH_COLLECTOR_HTTP_PORT: String(port),
    TOKENWATCH_COLLECTOR_GRPC_PORT: '0',
    TOKENWATCH_COLLECTOR_SPOOL_AFTER_MS: '300',
    // A disk that fills up: some thousands of calls.
    TOKENWATCH_COLLECTOR_SPOOL_MAX_BYTES: '500000',
    TOKENWATCH_COLLECTOR_INSERT_PATIENCE_SECONDS: '1',
    TOKENWATCH_ALERTING_RECEIVERS_HOOK_SECRETS: SECRET,
  };
  const db = (): Db => connect({ ...login, url: `http://127.0.0.1:${String(server.httpPort)}` });
  const first = db();
  await migrate(first);
  await first.close();
  const stages = Object.fromEntries(
    STAGES.map((name) => {
      const own = { ...env, TOKENWATCH_DATA_DIR: join(dir, name) };
      return [name, new Supervised(name, own)];
    }),
  );
  const setClock = (step: number): void => {
    writeFileSync(clock, String(step));
    for (const stage of Object.values(stages)) stage.tellClock();
  };
  return {
    dir,
    server,
    proxy,
    hook,
    stages,
    setClock,
    url: `http://127.0.0.1:${String(port)}`,
    db,
  };
}

/** ClickHouse killed where it stands, and started again on what it left. */
async function killClickHouse(world: World, away: number): Promise<void> {
  process.kill(world.server.pid, 'SIGKILL');
  await delay(away);
  await world.server.stop();
  const { httpPort: port } = world.server;
  world.server = await startEmbedded({ dataDir: join(world.dir, 'store'), port });
}

/** Every kind of fault once, in an order of its own. */
async function spoil(world: World, options: FaultOptions, random: () => number): Promise<void> {
  const { away, pause, say } = options;
  const faults: Record<string, () => Promise<void>> = {
    ...Object.fromEntries(
      STAGES.map((name) => [`kill -9 ${name}`, async () => world.stages[name]?.kill()]),
    ),
    'kill -9 ClickHouse': async () => killClickHouse(world, away),
    'network cut': async () => {
      world.proxy.cut = true;
      await delay(away);
      world.proxy.cut = false;
    },
    'network slow': async () => {
      world.proxy.delay = 200 + Math.round(random() * 400);
      await delay(away);
      world.proxy.delay = 0;
    },
    'clock stepped': async () => {
      // Forward, then back beyond the true time, then right.
      for (const step of [CLOCK_STEP, -CLOCK_STEP, 0]) {
        world.setClock(step * (0.5 + random()));
        await delay(away);
      }
    },
    'receiver down': async () => {
      world.hook.mode = 'fails';
      await delay(away);
      world.hook.mode = 'takes';
    },
  };
  const names = Object.keys(faults)
    .filter((name) => name.startsWith(options.only ?? ''))
    .map((name) => ({ name, at: random() }));
  for (const { name } of names.sort((a, b) => a.at - b.at)) {
    await delay(pause * (0.5 + random()));
    say(name);
    await faults[name]?.();
  }
}

async function readReport(world: World, sent: Sent[]): Promise<FaultReport> {
  const db = world.db();
  const counts = async (sql: string): Promise<[string, number][]> =>
    (await db.query<{ key: string; n: number }>(sql)).map(({ key, n }) => [key, n]);
  try {
    const calls = await counts(
      `SELECT token_id AS key, count() AS n FROM tokenwatch.calls GROUP BY token_id`,
    );
    const incidents = await counts(
      `SELECT client_id AS key, uniqExact(id) AS n FROM tokenwatch.incidents GROUP BY client_id`,
    );
    const rolledUp = await counts(
      `SELECT 'token_minute' AS key, sum(calls) AS n FROM tokenwatch.token_minute
       UNION ALL SELECT 'client_hour', sum(calls) FROM tokenwatch.client_hour
       UNION ALL SELECT 'token_values', sum(calls) FROM tokenwatch.token_values WHERE dimension = 'any'
       UNION ALL SELECT 'endpoint_hour', sum(calls) FROM tokenwatch.endpoint_hour`,
    );
    const told = new Map(
      world.hook.taken.map(({ headers, body }) => [String(headers['webhook-id']), body]),
    );
    const alerts = new Map<string, number>();
    for (const body of told.values()) {
      if (!body.includes('"activity_id":1')) continue;
      const client = /victim-\d+/.exec(body)?.[0] ?? 'nobody';
      alerts.set(client, (alerts.get(client) ?? 0) + 1);
    }
    return {
      sent,
      stored: new Map(calls.map(([key, n]) => [Number(key.replace('call-', '')), n])),
      calls: calls.reduce((sum, [, n]) => sum + n, 0),
      rolledUp: new Map(rolledUp),
      incidents: new Map(incidents),
      alerts,
      starts: Object.fromEntries(STAGES.map((name) => [name, world.stages[name]?.starts ?? 0])),
    };
  } finally {
    await db.close();
  }
}

/** True once all that was acknowledged, and all else that was kept, has come through. */
export function isSettled({ sent, stored, alerts }: FaultReport): boolean {
  return sent.every(({ id, acknowledged, isAttack }) => {
    if (!stored.has(id)) return !acknowledged;
    return !isAttack || alerts.has(clientOf(id));
  });
}

/** Known traffic under seeded faults; the report is of when all had come through, or patience ended. */
export async function runFaults(options: FaultOptions, patience: number): Promise<FaultReport> {
  const random = seeded(options.seed);
  const world = await build();
  const sent: Sent[] = [];
  let sending = true;
  const send = async (): Promise<void> => {
    for (let id = 1; sending; id += 1) {
      sent.push(await sendCall(world.url, id, PEPPER));
      await delay(5);
    }
  };
  try {
    for (const stage of Object.values(world.stages)) stage.start();
    while (!(await sendCall(world.url, 0, PEPPER)).acknowledged) await delay(100);
    const traffic = send();
    for (let round = 0; round < options.rounds; round += 1) await spoil(world, options, random);
    await delay(options.pause);
    sending = false;
    await traffic;
    const deadline = performance.now() + patience;
    let report = await readReport(world, sent);
    while (!isSettled(report) && performance.now() < deadline) {
      await delay(500);
      report = await readReport(world, sent);
    }
    return report;
  } finally {
    sending = false;
    await Promise.all(Object.values(world.stages).map(async (stage) => stage.stop()));
    await world.proxy.close();
    await world.hook.close();
    await world.server.stop();
    rmSync(world.dir, { recursive: true, force: true });
  }
}

/** What is wrong with a report, one line each. */
export function problemsOf(report: FaultReport): string[] {
  const { sent, stored, calls, rolledUp, incidents, alerts } = report;
  const problems: string[] = [];
  for (const [table, n] of rolledUp) {
    // More of them is possible: ClickHouse killed between a rollup's part and its note of the block.
    if (n < calls) problems.push(`${table} adds up ${String(n)} of ${String(calls)} calls`);
  }
  for (const { id, acknowledged, isAttack } of sent) {
    const times = stored.get(id) ?? 0;
    if (acknowledged && times !== 1)
      problems.push(`call ${String(id)} was kept ${String(times)} times`);
    if (times > 1)
      problems.push(`call ${String(id)}, not acknowledged, was kept ${String(times)} times`);
    if (!isAttack || times === 0) continue;
    const found = incidents.get(clientOf(id)) ?? 0;
    if (found !== 1) problems.push(`attack ${String(id)} has ${String(found)} incidents`);
    const told = alerts.get(clientOf(id)) ?? 0;
    if (told !== 1) problems.push(`attack ${String(id)} was told ${String(told)} times`);
  }
  return problems;
}
