import { createClient } from '@clickhouse/client';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import type { ClusterConfig } from '../config/cluster.ts';
import { withLongLists } from './long-lists.ts';

/** Values for `{name:Type}` placeholders; the only way a value gets into SQL. */
export type Params = Record<string, unknown>;

export interface DbOptions {
  url: string;
  username: string;
  password: string;
  database: string;
  /** Milliseconds until a request is given up; 30,000 by default. */
  requestTimeout?: number;
  /** Several servers as one store. */
  cluster?: ClusterConfig | undefined;
}

export interface InsertOptions {
  /** A repeated insert with the same token adds nothing (`insert_deduplication_token`). */
  deduplicationToken?: string;
  /** Columns in the order of the expressions; by default the keys of the first row. */
  columns?: readonly string[];
}

/**
 * A connection to ClickHouse, embedded or a server of one's own: the same code for both. SQL text
 * comes from `store/` only and every value is a bound parameter.
 */
export interface Db {
  readonly database: string;
  /** Rows of a SELECT. UInt64 come as numbers (exact up to 2^53), dates as text, hashes as the SQL says. */
  query<T>(sql: string, params?: Params, settings?: ClickHouseSettings): Promise<T[]>;
  /** A statement without a result. */
  command(sql: string, params?: Params, settings?: ClickHouseSettings): Promise<void>;
  /** A statement on every server of a cluster; that says its own `ON CLUSTER` where it can. */
  everywhere(sql: string, settings?: ClickHouseSettings): Promise<void>;
  /** Null for a single server. */
  readonly cluster: ClusterConfig | null;
  /** Inserts row objects; resolves when ClickHouse has committed them. */
  insert(table: string, rows: readonly object[], options?: InsertOptions): Promise<void>;
  /** The client itself, for streams and binary formats. */
  readonly client: ClickHouseClient;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

function writeSettings(options?: InsertOptions): ClickHouseSettings {
  return {
    date_time_input_format: 'best_effort',
    input_format_skip_unknown_fields: 0,
    ...(options?.deduplicationToken === undefined
      ? {}
      : {
          insert_deduplication_token: options.deduplicationToken,
          deduplicate_blocks_in_dependent_materialized_views: 1,
        }),
  };
}

/** Who asks one server is answered by all of them, and is told of rows once they are kept. */
const ON_A_CLUSTER: ClickHouseSettings = {
  distributed_product_mode: 'allow',
  distributed_foreground_insert: 1,
  // Each server would group its own rows only.
  parallel_distributed_insert_select: '0',
};

/** One statement on each server of a cluster without Keeper. */
async function onEachNode(
  options: DbOptions,
  { nodes }: ClusterConfig,
  sql: string,
  settings: ClickHouseSettings,
): Promise<void> {
  for (const url of nodes) {
    const node = connect({ ...options, url, cluster: undefined });
    try {
      await node.command(sql, {}, settings);
    } finally {
      await node.close();
    }
  }
}

function openClient(options: DbOptions): ClickHouseClient {
  return createClient({
    url: options.url,
    username: options.username,
    password: options.password,
    // The database is named in every statement: it may not exist yet when migrations begin.
    request_timeout: options.requestTimeout ?? 30_000,
    max_open_connections: 20,
    // Long parameters in the body: addresses of requests have a bound.
    use_multipart_params_auto: true,
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 0,
      ...(options.cluster === undefined ? {} : ON_A_CLUSTER),
    },
    log: { level: 127 },
  });
}

/** Opens a connection pool; nothing is sent until it is used. */
export function connect(options: DbOptions): Db {
  const cluster = options.cluster ?? null;
  const client = openClient(options);
  return {
    database: options.database,
    client,
    cluster,
    async everywhere(sql, settings = {}) {
      if (cluster === null || cluster.replicated)
        await client.command({ query: sql, clickhouse_settings: settings });
      else await onEachNode(options, cluster, sql, settings);
    },
    async query<T>(
      sql: string,
      params: Params = {},
      settings: ClickHouseSettings = {},
    ): Promise<T[]> {
      const long = withLongLists(sql, params);
      const result = await client.query({
        query: long.sql,
        query_params: long.params,
        format: 'JSONEachRow',
        clickhouse_settings: settings,
      });
      return result.json<T>();
    },
    async command(sql, params = {}, settings = {}) {
      const { sql: query, params: query_params } = withLongLists(sql, params);
      await client.command({ query, query_params, clickhouse_settings: settings });
    },
    async insert(table, rows, insertOptions) {
      if (rows.length === 0) return;
      await client.insert({
        table: `${options.database}.${table}`,
        values: [...rows],
        format: 'JSONEachRow',
        ...(insertOptions?.columns === undefined
          ? {}
          : { columns: [...insertOptions.columns] as [string, ...string[]] }),
        clickhouse_settings: writeSettings(insertOptions),
      });
    },
    async ping() {
      return (await client.ping({ select: true })).success;
    },
    async close() {
      await client.close();
    },
  };
}
