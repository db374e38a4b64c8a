import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig } from '../../config/cluster.ts';
import { connect } from '../../store/db.ts';
import type { Db } from '../../store/db.ts';
import { embeddedCredentials, embeddedPaths } from '../../store/embedded/files.ts';
import { freePort, startEmbedded } from '../../store/embedded/start-embedded.ts';
import type { EmbeddedServer } from '../../store/embedded/start-embedded.ts';
import { migrate } from '../../store/migrate.ts';

/** Two ClickHouse processes as the two shards of one migrated store. */
export interface TwoShards {
  db: Db;
  /** Each server by itself. */
  shards: Db[];
  close: () => Promise<void>;
}

function remoteServers(ports: readonly number[], user: string, password: string): string {
  const shards = ports.map(
    (port) =>
      '<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host>' +
      `<port>${String(port)}</port><user>${user}</user><password>${password}</password></replica></shard>`,
  );
  return `<remote_servers><two>${shards.join('')}</two></remote_servers>`;
}

/** Starts both with the same passwords and makes the tables of a cluster without Keeper. */
export async function openTwoShards(): Promise<TwoShards> {
  const root = mkdtempSync(join(tmpdir(), 'tokenwatch-shards-'));
  const folders = [join(root, 'a'), join(root, 'b')];
  const { appUser, appPassword } = embeddedCredentials(folders[0] ?? '');
  const [from = '', to = ''] = folders.map((folder) => embeddedPaths(folder).credentials);
  mkdirSync(embeddedPaths(folders[1] ?? '').root, { recursive: true });
  cpSync(from, to);
  const tcpPorts = [await freePort(), await freePort()];
  const serverConfig = remoteServers(tcpPorts, appUser, appPassword);
  const servers: EmbeddedServer[] = [];
  for (const [index, dataDir] of folders.entries()) {
    const tcpPort = tcpPorts[index] ?? 0;
    servers.push(await startEmbedded({ dataDir, port: 0, tcpPort, serverConfig }));
  }
  const nodes = servers.map(({ url }) => url);
  const cluster: ClusterConfig = { name: 'two', replicated: false, nodes };
  const login = { username: appUser, password: appPassword, database: 'tokenwatch' };
  const db = connect({ ...login, url: nodes[0] ?? '', cluster });
  const shards = nodes.map((url) => connect({ ...login, url }));
  const close = async (): Promise<void> => {
    await Promise.all([db, ...shards].map(async (one) => one.close()));
    await Promise.all(servers.map(async (server) => server.stop()));
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await migrate(db);
  } catch (error) {
    await close();
    throw error;
  }
  return { db, shards, close };
}
