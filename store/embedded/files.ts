import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesProfileXml, rulesUserXml } from './rules-user.ts';
import { READER_TABLES } from '../tables.ts';

/** Names and passwords of the embedded server's users, made once per data directory. */
export interface EmbeddedCredentials {
  /** Reads and writes tokenwatch's database. */
  appUser: string;
  appPassword: string;
  /** For dashboards: `readonly = 2`, may only select, and only from READER_TABLES. */
  readerUser: string;
  readerPassword: string;
}

/** Everything that the embedded server keeps below the data directory. */
export function embeddedPaths(dataDir: string) {
  const root = join(dataDir, 'clickhouse');
  return {
    root,
    store: join(root, 'store'),
    config: join(root, 'config.xml'),
    users: join(root, 'users.xml'),
    credentials: join(root, 'credentials.json'),
    /** Where a running server can be found: read by other processes on the same data. */
    endpoint: join(root, 'endpoint.json'),
    lock: join(root, 'lock'),
    /** Where `tokenwatch backup` writes. */
    backups: join(dataDir, 'backups'),
  };
}

/** Reads the credentials of a data directory, making them (mode 0600) the first time. */
export function embeddedCredentials(dataDir: string): EmbeddedCredentials {
  const { root, credentials } = embeddedPaths(dataDir);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (!existsSync(credentials)) {
    const made: EmbeddedCredentials = {
      appUser: 'tokenwatch',
      appPassword: randomBytes(24).toString('base64url'),
      readerUser: 'tokenwatch_reader',
      readerPassword: randomBytes(24).toString('base64url'),
    };
    try {
      writeFileSync(credentials, JSON.stringify(made, null, 2), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Another process was quicker: its file counts.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return JSON.parse(readFileSync(credentials, 'utf8')) as EmbeddedCredentials;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Users of the embedded server. `default` has no password, because it runs the query that keeps
 * the server alive, and may therefore do nothing else.
 */
function usersXml(c: EmbeddedCredentials): string {
  const grants = READER_TABLES.map(
    (table) => `        <query>GRANT SELECT ON tokenwatch.${table}</query>`,
  ).join('\n');
  return `<clickhouse>
  <profiles>
    <default/>
    <holder><function_sleep_max_microseconds_per_block>0</function_sleep_max_microseconds_per_block></holder>
    <app><date_time_input_format>best_effort</date_time_input_format></app>
    <reader><readonly>2</readonly><max_execution_time>30</max_execution_time></reader>
    ${rulesProfileXml()}
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>holder</profile><quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT SELECT ON system.one</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>
    <${c.appUser}>
      <password_sha256_hex>${sha256(c.appPassword)}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>app</profile><quota>default</quota>
    </${c.appUser}>
    <${c.readerUser}>
      <password_sha256_hex>${sha256(c.readerPassword)}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>reader</profile><quota>default</quota>
      <grants>
${grants}
        <query>GRANT SELECT ON system.parts</query>
        <query>GRANT SELECT ON system.tables</query>
        <query>GRANT SELECT ON system.columns</query>
        <query>GRANT SELECT ON system.one</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </${c.readerUser}>
    ${rulesUserXml(c.appPassword)}
  </users>
</clickhouse>
`;
}

/** Server settings: small caches, a bounded memory, no files of its own beside the data. */
function configXml(users: string, backups: string, maxMemoryBytes: number, more: string): string {
  return `<clickhouse>
  <users_config>${users}</users_config>
  <logger><level>none</level></logger>
  <max_server_memory_usage>${String(maxMemoryBytes)}</max_server_memory_usage>
  <mark_cache_size>268435456</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_concurrent_queries>200</max_concurrent_queries>
  <shutdown_wait_unfinished>1</shutdown_wait_unfinished>
  <backups><allowed_path>${backups}</allowed_path></backups>
  <send_crash_reports><enabled>false</enabled></send_crash_reports>
  ${more}
</clickhouse>
`;
}

/**
 * Writes the server's configuration anew, so that a changed version of it takes effect.
 *
 * @param maxMemoryBytes upper bound of the server's memory
 * @param more further elements of its configuration
 */
export function writeEmbeddedConfig(
  dataDir: string,
  maxMemoryBytes: number,
  more = '',
): EmbeddedCredentials {
  const paths = embeddedPaths(dataDir);
  const credentials = embeddedCredentials(dataDir);
  for (const folder of [paths.store, paths.backups])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(paths.users, usersXml(credentials), { mode: 0o600 });
  chmodSync(paths.users, 0o600);
  const config = configXml(paths.users, paths.backups, maxMemoryBytes, more);
  writeFileSync(paths.config, config, { mode: 0o600 });
  return credentials;
}
