import { createServer } from 'node:net';
import type { Config } from '../config/schema.ts';
import { freePort } from '../store/embedded/start-embedded.ts';

/** True when nothing listens on the port of that host. */
export async function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((fulfil) => {
    const probe = createServer();
    probe.once('error', () => {
      fulfil(false);
    });
    probe.listen(port, host, () => {
      probe.close(() => {
        fulfil(true);
      });
    });
  });
}

/** Where a port stands in the configuration, and the host it is bound on. */
const PORTS = [
  {
    path: 'clickhouse.port',
    host: () => '127.0.0.1',
    at: (c: Config) => c.clickhouse,
    key: 'port',
  },
  {
    path: 'collector.http_port',
    host: (c: Config) => c.collector.host,
    at: (c: Config) => c.collector,
    key: 'http_port',
  },
  {
    path: 'collector.grpc_port',
    host: (c: Config) => c.collector.host,
    at: (c: Config) => c.collector,
    key: 'grpc_port',
  },
  {
    path: 'console.port',
    host: (c: Config) => c.console.host,
    at: (c: Config) => c.console,
    key: 'port',
  },
] as const;

/**
 * Replaces default ports that are taken by free ones, so that a second installation on the same
 * machine comes up; ports that the user set are left alone and fail where they are taken.
 * `console.url`, which messages link to, follows the console's port unless it is set.
 *
 * @returns the configuration and a line for each port that was replaced
 */
export async function settlePorts(
  config: Config,
  explicit: ReadonlySet<string>,
): Promise<{ config: Config; notes: string[] }> {
  const settled = structuredCloneOfPorts(config);
  const notes: string[] = [];
  for (const { path, host, at, key } of PORTS) {
    const section = at(settled) as unknown as Record<string, number>;
    const wanted = section[key] ?? 0;
    if (wanted === 0 || explicit.has(path) || (await isFree(host(config), wanted))) continue;
    section[key] = await freePort();
    notes.push(`port ${String(wanted)} (${path}) is taken: using ${String(section[key])}`);
  }
  const { host, port } = settled.console;
  if (port !== 0) settled.console.url ??= `http://${host}:${String(port)}`;
  return { config: settled, notes };
}

/** A copy whose port sections can be changed; secrets keep their identity. */
function structuredCloneOfPorts(config: Config): Config {
  return {
    ...config,
    clickhouse: { ...config.clickhouse },
    collector: { ...config.collector },
    console: { ...config.console },
  };
}
