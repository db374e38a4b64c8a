import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { PLUGIN_VERSION, DATASOURCE } from './names.ts';

/** A target of the ClickHouse data source plugin, which the SDK has no type for. */
export interface ClickHouseQuery extends Dataquery {
  refId?: string;
  hide?: boolean;
  datasource: { type: string; uid: string };
  editorType: 'sql';
  rawSql: string;
  /** 0: time series, 1: table. */
  format: 0 | 1;
  queryType: 'timeseries' | 'table';
  pluginVersion: string;
  meta: object;
}

/** Builds a target from SQL, as the SDK's custom queries are built. */
export class ClickHouseQueryBuilder implements Builder<Dataquery> {
  private readonly internal: ClickHouseQuery;

  constructor(format: 'timeseries' | 'table', sql: string) {
    this.internal = {
      datasource: DATASOURCE,
      editorType: 'sql',
      rawSql: tidy(sql),
      format: format === 'timeseries' ? 0 : 1,
      queryType: format,
      pluginVersion: PLUGIN_VERSION,
      meta: {},
      _implementsDataqueryVariant: () => undefined,
    };
  }

  build(): ClickHouseQuery {
    return this.internal;
  }

  refId(refId: string): this {
    this.internal.refId = refId;
    return this;
  }
}

/** Takes the indentation of the source file out of an SQL text. */
export function tidy(sql: string): string {
  const lines = sql.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(
    ...lines.slice(1).map((line) => line.length - line.trimStart().length),
    Infinity,
  );
  return lines
    .map((line, n) => (n === 0 ? line.trim() : line.slice(indent === Infinity ? 0 : indent)))
    .join('\n')
    .trim();
}

/** Rows as a table: one column a field. */
export function table(sql: string): ClickHouseQueryBuilder {
  return new ClickHouseQueryBuilder('table', sql);
}

/** A time column, then numbers; text columns make a series of each of their values. */
export function series(sql: string): ClickHouseQueryBuilder {
  return new ClickHouseQueryBuilder('timeseries', sql);
}
