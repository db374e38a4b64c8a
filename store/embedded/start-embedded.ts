import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { embeddedPaths, embeddedCredentials, writeEmbeddedConfig } from './files.ts';
import type { EmbeddedCredentials } from './files.ts';
import type { ServerOrder } from './server-process.ts';

/** A running embedded server, ours or another process's. */
export interface EmbeddedServer extends EmbeddedCredentials {
  url: string;
  httpPort: number;
  tcpPort: number;
  /** The server's process id. */
  pid: number;
  /** Stops the server in order if this process started it; does nothing otherwise. */
  stop: () => Promise<void>;
  /** Called once if a server that this process started ends by itself. */
  onExit: (listener: (code: number | null) => void) => void;
}

export interface EmbeddedOptions {
  dataDir: string;
  /** HTTP port on the loopback address; 0 takes a free one. */
  port: number;
  /** Upper bound of the server's memory in bytes; half of the machine's by default. */
  maxMemoryBytes?: number;
  /** Port of the native protocol; a free one by default. */
  tcpPort?: number;
  /** Further elements of the server's configuration: `remote_servers` of a cluster. */
  serverConfig?: string;
}

interface Endpoint {
  pid: number;
  httpPort: number;
  tcpPort: number;
  /** The server has begun to stop: neither attach to it nor start beside it. */
  stopping?: boolean;
}

const START_LIMIT = 60_000;
const STOP_LIMIT = 25_000;

/**
 * The path of `libchdb.so` for this platform.
 *
 * @throws Error naming what to do when the optional dependency is not installed
 */
export function chdbLibrary(): string {
  const names: Record<string, string> = {
    'linux-x64': '@chdb/lib-linux-x64-gnu',
    'linux-arm64': '@chdb/lib-linux-arm64-gnu',
    'darwin-x64': '@chdb/lib-darwin-x64',
    'darwin-arm64': '@chdb/lib-darwin-arm64',
  };
  const name = names[`${process.platform}-${process.arch}`];
  try {
    if (name === undefined) throw new Error('no build for this platform');
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const library = join(dirname(manifest), 'libchdb.so');
    if (!existsSync(library)) throw new Error('the library is missing from the package');
    return library;
  } catch (cause) {
    throw new Error(
      `the embedded ClickHouse is not available on ${process.platform}-${process.arch}: ` +
        'run npm install without --omit=optional, or set TOKENWATCH_CLICKHOUSE_URL to a server of your own',
      { cause },
    );
  }
}

/** A TCP port on the loopback address that is free at this moment. */
export async function freePort(): Promise<number> {
  return new Promise((fulfil, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => {
        fulfil(port);
      });
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when a server that knows this data directory's password answers on the port. */
async function answers(port: number, credentials: EmbeddedCredentials): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${String(port)}/?query=SELECT%201`, {
      headers: {
        Connection: 'close',
        'X-ClickHouse-User': credentials.appUser,
        'X-ClickHouse-Key': credentials.appPassword,
      },
      signal: AbortSignal.timeout(2_000),
    });
    return response.ok && (await response.text()).trim() === '1';
  } catch {
    return false;
  }
}

/** What a data directory says of its server, or null when no such process is alive. */
function readEndpoint(file: string): Endpoint | null {
  try {
    const endpoint = JSON.parse(readFileSync(file, 'utf8')) as Endpoint;
    return isAlive(endpoint.pid) ? endpoint : null;
  } catch {
    // No such file, or one that is being written: no server to speak of at this moment.
    return null;
  }
}

/** The server that already runs on a data directory, or null. */
export async function findEmbedded(dataDir: string): Promise<EmbeddedServer | null> {
  const paths = embeddedPaths(resolve(dataDir));
  const endpoint = readEndpoint(paths.endpoint);
  if (endpoint === null || endpoint.stopping === true) return null;
  const credentials = embeddedCredentials(resolve(dataDir));
  if (!(await answers(endpoint.httpPort, credentials))) return null;
  return {
    ...credentials,
    ...endpoint,
    url: `http://127.0.0.1:${String(endpoint.httpPort)}`,
    stop: async () => Promise.resolve(),
    onExit: () => undefined,
  };
}

/** Takes the start lock of a data directory; a lock whose process is gone is taken over. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    // A file that is still empty is being written by its taker this very moment.
    const fresh = holder === 0 && Date.now() - statSync(lock).mtimeMs < 5_000;
    if (!fresh && holder !== process.pid && !isAlive(holder)) rmSync(lock, { force: true });
  } catch {
    // The lock went away in between: the next round sees to it.
  }
  return false;
}

async function waitForStart(
  child: ChildProcess,
  port: number,
  credentials: EmbeddedCredentials,
): Promise<void> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000);
  });
  const deadline = Date.now() + START_LIMIT;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `the embedded ClickHouse ended while it started: ${complaint.trim() || 'no message'}`,
      );
    }
    if (await answers(port, credentials)) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the embedded ClickHouse did not answer within ${String(START_LIMIT / 1000)} s`);
}

/** Waits for a child's end; kills it when it takes too long. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((fulfil) => {
    child.once('exit', () => {
      fulfil();
    });
  });
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
  await ended;
  clearTimeout(timer);
}

/** Starts the child process; it ends with this one, because the IPC channel closes. */
function spawnServer(order: ServerOrder, cwd: string, password: string): ChildProcess {
  const script = fileURLToPath(new URL('./server-process.ts', import.meta.url));
  const quiet = '--disable-warning=ExperimentalWarning';
  const child = spawn(process.execPath, [quiet, script, JSON.stringify(order)], {
    // Its own process group: a terminal's Ctrl-C must not stop the store before its writers.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    cwd,
  });
  child.send({ password });
  return child;
}

async function launch(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const paths = embeddedPaths(options.dataDir);
  const maxMemory = options.maxMemoryBytes ?? Math.floor(totalmem() / 2);
  const credentials = writeEmbeddedConfig(options.dataDir, maxMemory, options.serverConfig);
  const httpPort = options.port === 0 ? await freePort() : options.port;
  const tcpPort = options.tcpPort ?? (await freePort());
  const order: ServerOrder = {
    library: chdbLibrary(),
    storePath: paths.store,
    configFile: paths.config,
    httpPort,
    tcpPort,
    user: credentials.appUser,
    endpointFile: paths.endpoint,
  };
  const child = spawnServer(order, paths.root, credentials.appPassword);
  await waitForStart(child, httpPort, credentials);
  const pid = child.pid ?? 0;
  writeFileSync(paths.endpoint, JSON.stringify({ pid, httpPort, tcpPort }), { mode: 0o600 });
  let expected = false;
  return {
    ...credentials,
    url: `http://127.0.0.1:${String(httpPort)}`,
    httpPort,
    tcpPort,
    pid,
    stop: async () => {
      expected = true;
      await stopChild(child);
      rmSync(paths.endpoint, { force: true });
      rmSync(paths.lock, { force: true });
    },
    onExit: (listener) => {
      child.once('exit', (code) => {
        if (!expected) listener(code);
      });
    },
  };
}

/**
 * A real ClickHouse server on a data directory: attaches to the one that runs there, or starts
 * one as a child process that ends with this process. Two processes that start at once share one.
 *
 * @throws Error when the engine is not installed, does not start, or the port is taken
 */
export async function startEmbedded(given: EmbeddedOptions): Promise<EmbeddedServer> {
  const options = { ...given, dataDir: resolve(given.dataDir) };
  const paths = embeddedPaths(options.dataDir);
  embeddedCredentials(options.dataDir);
  const deadline = Date.now() + START_LIMIT;
  while (Date.now() < deadline) {
    const running = await findEmbedded(options.dataDir);
    if (running !== null) return running;
    // A server that is on its way down still holds the files: wait until it is gone.
    const leaving = readEndpoint(paths.endpoint)?.stopping === true;
    if (!leaving && takeLock(paths.lock)) {
      try {
        return await launch(options);
      } catch (error) {
        rmSync(paths.lock, { force: true });
        throw error;
      }
    }
    await delay(100);
  }
  throw new Error(`another process holds ${paths.lock} but its ClickHouse does not answer`);
}
