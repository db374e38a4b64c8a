import { createClient } from '@clickhouse/client';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';

/** Values for `{name:Type}` placeholders; the only way a value gets into SQL. */
export type Params = Record<string, unknown>;

export interface DbOptions {
  url: string;
  username: string;
  password: string;
  database: string;
  /** Milliseconds until a request is given up; 30,000 by default. */
  requestTimeout?: number;
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

/** Opens a connection pool; nothing is sent until it is used. */
export function connect(options: DbOptions): Db {
  const client = createClient({
    url: options.url,
    username: options.username,
    password: options.password,
    // The database is named in every statement: it may not exist yet when migrations begin.
    request_timeout: options.requestTimeout ?? 30_000,
    max_open_connections: 20,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    log: { level: 127 },
  });
  return {
    database: options.database,
    client,
    async query<T>(
      sql: string,
      params: Params = {},
      settings: ClickHouseSettings = {},
    ): Promise<T[]> {
      const result = await client.query({
        query: sql,
        query_params: params,
        format: 'JSONEachRow',
        clickhouse_settings: settings,
      });
      return result.json<T>();
    },
    async command(sql, params = {}, settings = {}) {
      await client.command({ query: sql, query_params: params, clickhouse_settings: settings });
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
