import { READER_TABLES } from '../../store/tables.ts';
import type { BuildOptions } from '../shared/names.ts';

/**
 * The user that Grafana reads with, as a file for `users.d/` of a ClickHouse server. The server takes
 * the password from its environment; without one it does not start.
 */
export function clickHouseReader({ database }: BuildOptions): string {
  const grants = [
    ...READER_TABLES.map((table) => `${database}.${table}`),
    ...['system.parts', 'system.tables', 'system.columns', 'system.one'],
  ].map((table) => `        <query>GRANT SELECT ON ${table}</query>`);
  return `<!-- Built by npm run dashboards; do not edit. -->
<clickhouse>
  <profiles>
    <tokenwatch_reader>
      <!-- 2: reading only, but the plugin may set its own time limits. -->
      <readonly>2</readonly>
      <max_execution_time>30</max_execution_time>
      <max_memory_usage>2000000000</max_memory_usage>
    </tokenwatch_reader>
  </profiles>
  <users>
    <tokenwatch_reader>
      <password from_env="CLICKHOUSE_READER_PASSWORD"/>
      <networks><ip>::/0</ip></networks>
      <profile>tokenwatch_reader</profile>
      <quota>default</quota>
      <grants>
${grants.join('\n')}
      </grants>
    </tokenwatch_reader>
  </users>
</clickhouse>
`;
}
