import { findEmbedded, startEmbedded } from '../embedded/start-embedded.ts';
import { rulesUser } from '../embedded/rules-user.ts';
import type { Config } from '../../config/schema.ts';
import { connect } from '../db.ts';
import type { Db } from '../db.ts';
import { RULE_TABLES } from './contexts.ts';
import { MOST } from './limits.ts';

/** Longer than the longest look, so that the server's limit is met first; ms. */
const PATIENCE = (MOST.seconds + 10) * 1_000;

function open(url: string, database: string, username: string, password: string): Db {
  return connect({ url, database, username, password, requestTimeout: PATIENCE });
}

function embeddedDb(url: string, database: string, appPassword: string): Db {
  const { name, password } = rulesUser(appPassword);
  return open(url, database, name, password);
}

/**
 * Connects as the user that rules run as: it may read their tables and nothing else.
 *
 * @throws Error when a server of one's own is configured without such a user
 */
export async function openRulesDb(config: Config): Promise<Db> {
  const { url, database } = config.clickhouse;
  if (url === undefined) {
    const embedded = await findEmbedded(config.data_dir);
    if (embedded === null) throw new Error('the embedded ClickHouse does not run');
    return embeddedDb(embedded.url, database, embedded.appPassword);
  }
  const { rules_username: username, rules_password: password } = config.detector;
  if (username === undefined) {
    throw new Error(
      'detector.rules needs a ClickHouse user of their own on your server: set detector.rules_username ' +
        '(docs/rules.md has the statements that make one)',
    );
  }
  return open(url, database, username, password?.reveal() ?? '');
}

/** A place to try rules, without any calls: for as long as a configuration is checked. */
export async function openTrialDb(
  config: Config,
  dataDir: string,
): Promise<{ db: Db; close: () => Promise<void> }> {
  if (config.clickhouse.url !== undefined) {
    const db = await openRulesDb(config);
    return { db, close: async () => db.close() };
  }
  const server = await startEmbedded({ dataDir, port: 0 });
  const db = embeddedDb(server.url, config.clickhouse.database, server.appPassword);
  return {
    db,
    close: async () => {
      await db.close();
      await server.stop();
    },
  };
}

/** The statements that make the user of rules on a server of one's own. */
export function rulesUserSql(database: string, username: string): string[] {
  const most = (name: string, value: number): string =>
    `${name} = ${String(value)} MIN 1 MAX ${String(value)}`;
  return [
    `CREATE USER IF NOT EXISTS ${username} IDENTIFIED WITH sha256_password BY '…'
  SETTINGS readonly = 2 CONST, ${most('max_execution_time', MOST.seconds)},
    ${most('max_memory_usage', MOST.megabytes * 1_000_000)}, ${most('max_rows_to_read', MOST.rows)},
    allow_ddl = 0 CONST, allow_introspection_functions = 0 CONST`,
    ...RULE_TABLES.map((table) => `GRANT SELECT ON ${database}.${table} TO ${username}`),
  ];
}
