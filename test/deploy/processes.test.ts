import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environmentFile } from '../../config/environment-file.ts';
import { SAMPLE_CONFIG } from '../../config/sample.ts';
import { connect } from '../../store/db.ts';
import { freePort, startEmbedded } from '../../store/embedded/start-embedded.ts';
import type { EmbeddedServer } from '../../store/embedded/start-embedded.ts';
import { otlpBody } from '../collector/otlp-body.ts';
import { ownEnvironment, parseEnvironment, readCompose } from './compose-file.ts';
import type { Service } from './compose-file.ts';
import { makeImage } from './image.ts';

// No container engine is needed: the same commands with the same variables, in a folder with the
// same files. What a machine has only once (host names, ports, paths) is replaced.
const STAGES = ['collector', 'detector', 'alerting', 'console'] as const;
const env = parseEnvironment(environmentFile());

let server: EmbeddedServer;
let image: { folder: string; remove: () => void };
let dir: string;
const running = new Map<string, ChildProcess>();
const ports = new Map<string, number>();

function environmentOf(service: Service): Record<string, string> {
  const replaced: Record<string, string> = {
    TOKENWATCH_CONFIG: join(dir, 'tokenwatch.yaml'),
    TOKENWATCH_DATA_DIR: join(dir, 'data'),
    TOKENWATCH_CLICKHOUSE_URL: server.url,
  };
  const given = Object.entries(ownEnvironment(service)).map(([name, value]) => [
    name,
    replaced[name] ?? (name.endsWith('_HOST') ? '127.0.0.1' : value),
  ]);
  return Object.fromEntries(given) as Record<string, string>;
}

function start(name: string, service: Service): ChildProcess {
  const port = (key: string): string => String(ports.get(`${name} ${key}`));
  const child = spawn(process.execPath, ['cli/main.ts', ...(service.command ?? [])], {
    cwd: image.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environmentOf(service),
      TOKENWATCH_LOG_LEVEL: 'warn',
      TOKENWATCH_TELEMETRY_PORT: port('health'),
      TOKENWATCH_COLLECTOR_HTTP_PORT: port('http'),
      TOKENWATCH_COLLECTOR_GRPC_PORT: port('grpc'),
      TOKENWATCH_CONSOLE_PORT: port('http'),
    },
  });
  running.set(name, child);
  return child;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  }
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, said };
}

/** Runs a service's health check as the container engine would. */
async function isHealthy(name: string, service: Service): Promise<boolean> {
  const [, , ...args] = service.healthcheck?.test ?? [];
  const at = args.map((arg) => arg.replace(':9464', `:${String(ports.get(`${name} health`))}`));
  return (await ended(spawn(process.execPath, at, { stdio: 'pipe' }))).code === 0;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-processes-'));
  writeFileSync(join(dir, 'tokenwatch.yaml'), SAMPLE_CONFIG);
  [server, image] = await Promise.all([
    startEmbedded({ dataDir: join(dir, 'clickhouse'), port: 0 }),
    makeImage(),
  ]);
  for (const name of ['migrate', ...STAGES])
    for (const key of ['health', 'http', 'grpc']) ports.set(`${name} ${key}`, await freePort());
});

afterAll(async () => {
  for (const child of running.values()) if (child.exitCode === null) child.kill('SIGKILL');
  await server.stop();
  image.remove();
  rmSync(dir, { recursive: true, force: true });
});

it('the processes of docker-compose.yml work together with its environment', async () => {
  const { services } = readCompose({ ...env, CLICKHOUSE_PASSWORD: server.appPassword });
  const { migrate } = services;
  if (migrate === undefined) throw new Error('no service migrate');
  const migrated = await ended(start('migrate', migrate));
  expect(migrated).toMatchObject({ code: 0, said: expect.stringContaining('applied') });

  for (const name of STAGES) {
    const service = services[name];
    if (service === undefined) throw new Error(`no service ${name}`);
    expect(await isHealthy(name, service), `${name} before it runs`).toBe(false);
    start(name, service);
  }
  for (const name of STAGES) {
    const service = services[name] as Service;
    await expect.poll(async () => isHealthy(name, service), { timeout: 60_000 }).toBe(true);
  }

  const collector = `http://127.0.0.1:${String(ports.get('collector http'))}`;
  const body = new Uint8Array(
    otlpBody([{ attributes: { 'http.request.method': 'GET', 'http.route': '/accounts' } }], {
      'service.name': 'accounts',
    }),
  );
  const post = async (key: string | undefined): Promise<number> => {
    const headers = { 'Content-Type': 'application/x-protobuf', Authorization: `Bearer ${key}` };
    return (await fetch(`${collector}/v1/traces`, { method: 'POST', body, headers })).status;
  };
  expect(await post('a key that nobody gave out')).toBe(401);
  expect(await post(env['TOKENWATCH_COLLECTOR_KEYS'])).toBe(200);
  const db = connect({
    ...{ url: server.url, username: server.appUser, password: server.appPassword },
    database: 'tokenwatch',
  });
  const calls = await db.query(`SELECT service, route FROM tokenwatch.calls`);
  await db.close();
  expect(calls).toEqual([{ service: 'accounts', route: '/accounts' }]);

  const consoleUrl = `http://127.0.0.1:${String(ports.get('console http'))}`;
  const incidents = async (key: string): Promise<number> =>
    (await fetch(`${consoleUrl}/api/v1/incidents`, { headers: { Authorization: `Bearer ${key}` } }))
      .status;
  expect(await incidents('wrong')).toBe(401);
  expect(await incidents(env['TOKENWATCH_ADMIN_KEY'] ?? '')).toBe(200);
  expect((await fetch(consoleUrl)).status).toBe(200);

  for (const name of STAGES) running.get(name)?.kill('SIGTERM');
  for (const name of STAGES) {
    const child = running.get(name);
    if (child === undefined) throw new Error(name);
    expect((await ended(child)).code, name).toBe(0);
  }
});
