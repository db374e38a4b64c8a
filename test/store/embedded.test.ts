import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../store/db.ts';
import type { Db } from '../../store/db.ts';
import { embeddedCredentials, embeddedPaths } from '../../store/embedded/files.ts';
import { startEmbedded } from '../../store/embedded/start-embedded.ts';
import type { EmbeddedServer } from '../../store/embedded/start-embedded.ts';

let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-embedded-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (condition()) return;
    await delay(50);
  }
  throw new Error(`waited 15 s for ${what}`);
}

async function hold(): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const script = fileURLToPath(new URL('./hold-embedded.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { url: string; pid: number }) };
}

function asApp(server: { url: string }): Db {
  const { appUser, appPassword } = embeddedCredentials(dir);
  return connect({
    url: server.url,
    username: appUser,
    password: appPassword,
    database: 'tokenwatch',
  });
}

async function countRows(db: Db): Promise<number> {
  const [row] = await db.query<{ n: number }>('SELECT count() AS n FROM tokenwatch.kept');
  return row?.n ?? -1;
}

describe('the embedded ClickHouse', () => {
  it('dies with its parent, even one killed, and keeps every acknowledged row', async () => {
    const { child, url, pid } = await hold();
    const db = asApp({ url });
    await db.command('CREATE DATABASE tokenwatch');
    await db.command(
      'CREATE TABLE tokenwatch.kept (x UInt32) ENGINE = MergeTree ORDER BY x SETTINGS fsync_after_insert = 1',
    );
    for (let x = 0; x < 20; x++) await db.insert('kept', [{ x }]);
    await db.close();
    child.kill('SIGKILL');
    await until(() => !isAlive(pid), 'the server to end after its parent');
    const again = await startEmbedded({ dataDir: dir, port: 0 });
    const after = asApp(again);
    expect(await countRows(after)).toBe(20);
    await after.close();
    await again.stop();
  });

  it('is shared by processes that start at the same moment, and stopped by the one that started it', async () => {
    const servers: EmbeddedServer[] = await Promise.all(
      [1, 2, 3].map(async () => startEmbedded({ dataDir: dir, port: 0 })),
    );
    const pids = new Set(servers.map((server) => server.pid));
    expect(pids.size).toBe(1);
    for (const server of servers) await server.stop();
    const [pid] = pids;
    expect(isAlive(pid ?? 0)).toBe(false);
  });

  it('comes back after the server itself was killed', async () => {
    const { child, pid } = await hold();
    process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await until(() => !isAlive(pid), 'the killed server');
    const again = await startEmbedded({ dataDir: dir, port: 0 });
    expect(again.pid).not.toBe(pid);
    await again.stop();
  });

  it('keeps its files and passwords to its owner', async () => {
    const server = await startEmbedded({ dataDir: dir, port: 0 });
    const paths = embeddedPaths(dir);
    expect(statSync(paths.credentials).mode & 0o777).toBe(0o600);
    expect(statSync(paths.root).mode & 0o777).toBe(0o700);
    expect(readFileSync(paths.users, 'utf8')).not.toContain(server.appPassword);
    const commandLine = readFileSync(`/proc/${String(server.pid)}/cmdline`, 'utf8');
    expect(commandLine).not.toContain(server.appPassword);
    await server.stop();
  });
});

describe('its users', () => {
  let server: EmbeddedServer;

  beforeEach(async () => {
    server = await startEmbedded({ dataDir: dir, port: 0 });
    const app = asApp(server);
    await app.command('CREATE DATABASE tokenwatch');
    await app.command('CREATE TABLE tokenwatch.calls (x UInt32) ENGINE = MergeTree ORDER BY x');
    await app.insert('calls', [{ x: 7 }]);
    await app.command('CREATE TABLE tokenwatch.console_keys AS tokenwatch.calls');
    await app.close();
  });

  afterEach(async () => {
    await server.stop();
  });

  const FORBIDDEN = [
    'INSERT INTO tokenwatch.calls VALUES (1)',
    'DROP TABLE tokenwatch.calls',
    'SELECT x FROM tokenwatch.console_keys',
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    'KILL QUERY WHERE 1',
  ];

  async function attempt(user: string, password: string, sql: string): Promise<string> {
    const headers = {
      Connection: 'close',
      'X-ClickHouse-User': user,
      'X-ClickHouse-Key': password,
    };
    const response = await fetch(server.url, { method: 'POST', body: sql, headers });
    return response.ok
      ? `ok ${(await response.text()).trim()}`
      : `refused ${String(response.status)}`;
  }

  it('the reader may read what dashboards show and nothing else', async () => {
    const { readerUser, readerPassword } = server;
    expect(await attempt(readerUser, readerPassword, 'SELECT x FROM tokenwatch.calls')).toBe(
      'ok 7',
    );
    for (const sql of FORBIDDEN) {
      expect(await attempt(readerUser, readerPassword, sql), sql).toMatch(/^refused/);
    }
  });

  it('the user without a password may do nothing', async () => {
    for (const sql of ['SELECT x FROM tokenwatch.calls', ...FORBIDDEN]) {
      expect(await attempt('default', '', sql), sql).toMatch(/^refused/);
    }
    expect(await attempt('tokenwatch', 'wrong', 'SELECT 1')).toMatch(/^refused/);
  });
});
