/** Names that dashboards, alert rules and provisioning share; links and bookmarks rest on them. */
export const DATASOURCE = {
  type: 'grafana-clickhouse-datasource',
  uid: 'tokenwatch-clickhouse',
} as const;

/** Version of the data source plugin that the queries were written for. */
export const PLUGIN_VERSION = '4.20.0';

export const FOLDER = { uid: 'tokenwatch', title: 'tokenwatch' } as const;

/** Uids of the dashboards: part of every link to them. */
export const UIDS = {
  overview: 'tokenwatch-overview',
  token: 'tokenwatch-token',
  client: 'tokenwatch-client',
  geography: 'tokenwatch-geography',
  tokenHygiene: 'tokenwatch-token-hygiene',
  inventory: 'tokenwatch-inventory',
  pipelineHealth: 'tokenwatch-pipeline-health',
} as const;

/** What a build may be told; see `build.ts`. */
export interface BuildOptions {
  /** Where people reach the console, without a slash at the end. */
  consoleUrl: string;
  /** The ClickHouse database. */
  database: string;
}
