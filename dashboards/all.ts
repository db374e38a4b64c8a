import type { Dashboard } from './shared/classic.ts';
import { client } from './client.ts';
import { geography } from './geography.ts';
import { inventory } from './inventory.ts';
import { overview } from './overview.ts';
import { pipelineHealth } from './pipeline-health.ts';
import { clickHouseReader } from './provisioning/clickhouse-reader.ts';
import { provisioning } from './provisioning/files.ts';
import type { Files } from './provisioning/files.ts';
import type { BuildOptions } from './shared/names.ts';
import { tokenHygiene } from './token-hygiene.ts';
import { token } from './token.ts';

/** What the committed files are built with. */
export const DEFAULTS: BuildOptions = {
  consoleUrl: 'http://localhost:8080',
  database: 'tokenwatch',
};

/** Every dashboard, by the name of its file; a new one is a file and a line here. */
const DASHBOARDS: Record<string, (options: BuildOptions) => Dashboard> = {
  overview,
  token,
  client,
  geography,
  'token-hygiene': tokenHygiene,
  inventory,
  'pipeline-health': pipelineHealth,
};

/** The dashboards, by the name of their file. */
export function buildDashboards(options: BuildOptions = DEFAULTS): Record<string, Dashboard> {
  return Object.fromEntries(
    Object.entries(DASHBOARDS).map(([name, build]) => [name, build(options)]),
  );
}

/** Everything Grafana reads, by path under `dashboards/generated/`. */
export function buildFiles(options: BuildOptions = DEFAULTS): Files {
  const files: Files = { 'clickhouse/tokenwatch-reader.xml': clickHouseReader(options) };
  for (const [name, dashboard] of Object.entries(buildDashboards(options))) {
    files[`dashboards/${name}.json`] = `${JSON.stringify(dashboard, null, 2)}\n`;
  }
  for (const [path, text] of Object.entries(provisioning(options))) {
    files[`provisioning/${path}`] = text;
  }
  return files;
}
