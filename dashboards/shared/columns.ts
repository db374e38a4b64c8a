import { TableCellDisplayMode } from '@grafana/grafana-foundation-sdk/common';
import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { tidy } from './clickhouse-query.ts';
import { WORDS } from './colors.ts';
import { UIDS } from './names.ts';
import { rows as rowsPanel } from './panels.ts';
import type { PanelWords } from './panels.ts';

/** A column of a table panel: how it looks, where it leads. */
type Dress = DynamicConfigValue[];

/** A link as a field's configuration holds it. */
function linkTo(title: string, url: string, elsewhere = false): DynamicConfigValue {
  const link = new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(url)
    .targetBlank(elsewhere)
    .build();
  return { id: 'links', value: [{ title: link.title, url, targetBlank: elsewhere }] };
}

const width = (pixels: number): DynamicConfigValue => ({ id: 'custom.width', value: pixels });
const HIDDEN: Dress = [{ id: 'custom.hidden', value: true }];
const TIME: Dress = [{ id: 'unit', value: 'dateTimeAsIso' }, width(165)];
const SPAN: Dress = [{ id: 'unit', value: 's' }, width(110)];
const SHARE: Dress = [
  { id: 'unit', value: 'percentunit' },
  { id: 'decimals', value: 1 },
  width(100),
];
const WORD: Dress = [
  { id: 'mappings', value: WORDS },
  { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorText } },
  width(110),
];
const COUNT: Dress = [{ id: 'unit', value: 'short' }, { id: 'decimals', value: 0 }, width(100)];

/** Links keep the time range; the row's hidden columns carry what the target needs. */
export function tokenUrl(field: string): string {
  return `/d/${UIDS.token}?var-token=\${__data.fields.${field}:percentencode}&\${__url_time_range}`;
}

export function clientUrl(field: string): string {
  return `/d/${UIDS.client}?var-client=\${__data.fields.${field}:percentencode}&\${__url_time_range}`;
}

export function incidentUrl(field: string): string {
  return `\${console:raw}/incidents/\${__data.fields.${field}:percentencode}`;
}

/** Columns that mean the same in every table, by name. Those that end in `_key` are for links. */
const DRESSES: Record<string, Dress> = {
  Severity: WORD,
  Status: WORD,
  State: WORD,
  Score: [{ id: 'decimals', value: 0 }, width(80)],
  Token: [width(140), linkTo('Token: what it does and did', tokenUrl('token_key'))],
  Client: [width(170), linkTo('Client: its tokens side by side', clientUrl('client_key'))],
  Incident: [linkTo('Decide in the console', incidentUrl('incident_key'), true)],
  Calls: COUNT,
  Tokens: COUNT,
  Findings: COUNT,
  Share: SHARE,
  Explanation: [{ id: 'custom.inspect', value: true }],
};

/** Columns that are points in time, whatever table they come from. */
const MOMENT =
  /^(Opened|Issued|Expires|Created|Updated|Found|Since|(First|Last) (call|use|finding|sign|write|hour).*)$/;

const ENDINGS: [RegExp, Dress][] = [
  [/_key$/, HIDDEN],
  [MOMENT, TIME],
  [/^(Age|Expires in|Lifetime|Gap|Took|Silent for)$/, SPAN],
  [/ (rate|share)$/, SHARE],
];

/**
 * A table whose columns are dressed by their names.
 *
 * @param columns SQL by name, in order; names that end in `_key` are hidden and feed links
 * @param from the rest of the query, from `FROM` on
 * @param own what is special to this table
 */
export function rows(
  words: Omit<PanelWords, 'sql'>,
  columns: Record<string, string>,
  from: string,
  own: Record<string, Dress> = {},
): Table {
  // Rollups hold times as SimpleAggregateFunction, a type that the plugin need not know.
  const selected = Object.entries(columns).map(([name, sql]) =>
    MOMENT.test(name) ? `toDateTime64(${sql}, 3, 'UTC') AS "${name}"` : `${sql} AS "${name}"`,
  );
  const panel = rowsPanel({ ...words, sql: `SELECT\n  ${selected.join(',\n  ')}\n${tidy(from)}` });
  for (const column of Object.keys(columns)) {
    const dress =
      own[column] ?? DRESSES[column] ?? ENDINGS.find(([pattern]) => pattern.test(column))?.[1];
    if (dress !== undefined) panel.overrideByName(column, dress);
  }
  return panel;
}
