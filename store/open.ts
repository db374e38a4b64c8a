import type { Config } from '../config/schema.ts';
import { connect } from './db.ts';
import type { Db } from './db.ts';
import { startEmbedded } from './embedded/start-embedded.ts';
import type { EmbeddedServer } from './embedded/start-embedded.ts';
import { migrate } from './migrate.ts';
import { applyRetention } from './retention.ts';

export interface OpenStore {
  db: Db;
  /** The embedded server, or null when a server of the user's own is configured. */
  embedded: EmbeddedServer | null;
  /** Migrations that were applied by this opening. */
  applied: number[];
  /** Closes the connections, then stops the embedded server if this process started it. */
  close: () => Promise<void>;
}

/**
 * Opens the configured ClickHouse, or the embedded one (attaching to it where it runs already),
 * and brings the schema up to date.
 *
 * @param patience ms that one request may take; 30,000 by default
 * @throws Error when the server cannot be reached or its schema is newer than this version
 */
export async function openStore(config: Config, patience?: number): Promise<OpenStore> {
  const { db, embedded, close } = await connectStore(config, patience);
  try {
    const applied = await prepareSchema(db, config);
    return { db, embedded, applied, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Brings the schema and the times that rows are kept up to date.
 *
 * @returns the migrations that were applied
 * @throws Error when the schema is newer than this version
 */
export async function prepareSchema(db: Db, config: Config): Promise<number[]> {
  const applied = await migrate(db);
  await applyRetention(db, config.retention);
  return applied;
}

/** The same connection without a look at the schema: what a restore begins with. */
export async function connectStore(
  config: Config,
  patience?: number,
): Promise<Omit<OpenStore, 'applied'>> {
  const { url, database, username, password, port } = config.clickhouse;
  const embedded =
    url === undefined ? await startEmbedded({ dataDir: config.data_dir, port }) : null;
  const db = connect({
    url: embedded?.url ?? url ?? '',
    username: embedded?.appUser ?? username,
    password: embedded?.appPassword ?? password?.reveal() ?? '',
    database,
    cluster: config.cluster,
    ...(patience === undefined ? {} : { requestTimeout: patience }),
  });
  const close = async (): Promise<void> => {
    await db.close();
    await embedded?.stop();
  };
  return { db, embedded, close };
}
