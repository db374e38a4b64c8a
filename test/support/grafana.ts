import { createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import type { ClickHouseQuery } from '../../dashboards/shared/clickhouse-query.ts';
import type { buildDashboards } from '../../dashboards/all.ts';
import type { TestStore } from './test-store.ts';

/**
 * As much of Grafana and its ClickHouse plugin as turns a dashboard into SQL: variables, then the
 * plugin's macros (FACTS.md has their expansions; `$__conditionalAll` comes before the variables).
 */
export type Dashboard = ReturnType<typeof buildDashboards>[string];
type Panels = NonNullable<Dashboard['panels']>;
export type Panel = Exclude<Panels[number], { collapsed: boolean }>;

/** What is chosen; a list for variables of several values, `$__all` for everything. */
export type Values = Record<string, string | string[]>;

export interface TimeRange {
  /** Epoch seconds. */
  from: number;
  to: number;
  /** Step of graphs, seconds. */
  interval: number;
}

/** Panels that ask something; headings do not. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
}

export function targetsOf(panel: Panel): ClickHouseQuery[] {
  return (panel.targets ?? []) as ClickHouseQuery[];
}

const UNITS: Record<string, number> = { m: 60, h: 3_600, d: 86_400 };

/** Seconds of `6h`, `7d`. */
export function secondsOf(span: string): number {
  const match = /^(\d+)([mhd])$/.exec(span);
  if (match === null) throw new Error(`not a span: ${span}`);
  return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
}

/** The range a dashboard opens with, and the step that a graph of 700 pixels gets. */
export function rangeOf(dashboard: Dashboard, panel: Panel | null, to: number): TimeRange {
  const length = secondsOf((dashboard.time?.from ?? '').replace('now-', ''));
  const least = panel?.interval === undefined ? 1 : secondsOf(panel.interval);
  return { from: to - length, to, interval: Math.max(least, Math.ceil(length / 700)) };
}

/** The arguments of a call that opens at `open`, and where it ends. */
function callAt(sql: string, open: number): { args: string[]; end: number } {
  const args: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < sql.length; at++) {
    const char = sql[at];
    if (char === '(') depth++;
    if (char === ')') depth--;
    if ((char === ',' && depth === 1) || depth === 0) {
      args.push(sql.slice(from, at));
      from = at + 1;
    }
    if (depth === 0) return { args, end: at + 1 };
  }
  throw new Error(`unbalanced: ${sql.slice(open, open + 80)}`);
}

function conditionalAll(sql: string, values: Values): string {
  const macro = '$__conditionalAll';
  let text = sql;
  for (let at = text.lastIndexOf(macro); at >= 0; at = text.lastIndexOf(macro)) {
    const { args, end } = callAt(text, at + macro.length);
    if (args.length !== 2) throw new Error(`${macro}: two arguments, not ${String(args.length)}`);
    const name = /\$\{?(\w+)/.exec(args[1] ?? '')?.[1] ?? '';
    const all = String(values[name]) === '$__all';
    text = text.slice(0, at) + (all ? '1=1' : (args[0] ?? '')) + text.slice(end);
  }
  return text;
}

function formatted(value: string | string[], format: string | undefined): string {
  const list = Array.isArray(value) ? value : [value];
  if (format === 'singlequote') return list.map((v) => `'${v.replaceAll("'", "\\'")}'`).join(',');
  if (format === 'percentencode') {
    return encodeURIComponent(list.join(',')).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  }
  if (format === 'raw') return list.join(',');
  throw new Error(`a format that the tests do not know: ${String(format)}`);
}

function macros(sql: string, { from, to, interval }: TimeRange): string {
  return sql
    .replace(
      /\$__timeFilter\(([\w.]+)\)/g,
      (_all, column: string) =>
        `${column} >= toDateTime(${String(from)}) AND ${column} <= toDateTime(${String(to)})`,
    )
    .replace(
      /\$__timeInterval\(([\w.]+)\)/g,
      (_all, column: string) =>
        `toStartOfInterval(toDateTime(${column}), INTERVAL ${String(interval)} second)`,
    )
    .replaceAll('$__fromTime', `toDateTime(${String(from)})`)
    .replaceAll('$__toTime', `toDateTime(${String(to)})`)
    .replaceAll('$__interval_s', String(interval));
}

/** The SQL that reaches ClickHouse. @throws Error when something is left that nobody expands */
export function expand(sql: string, values: Values, range: TimeRange): string {
  const named = conditionalAll(sql, values).replace(
    /\$\{(\w+):(\w+)\}/g,
    (_all, name: string, format: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`the dashboard has no variable ${name}`);
      return formatted(value, format);
    },
  );
  const text = macros(named, range);
  const left = /\$[{\w]+/.exec(text);
  if (left !== null) throw new Error(`not expanded: ${left[0]}`);
  return text;
}

export interface Answer {
  columns: { name: string; type: string }[];
  rows: Record<string, unknown>[];
  /** Milliseconds until the whole answer was read. */
  took: number;
}

/** A connection as the plugin's: the user that may only read, within the database. */
export function openReader(store: TestStore): ClickHouseClient {
  if (store.embedded === null) throw new Error('the tests bring their own ClickHouse');
  return createClient({
    url: store.embedded.url,
    username: store.embedded.readerUser,
    password: store.embedded.readerPassword,
    database: store.db.database,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
}

/** Asks as the plugin does. @throws the server's error */
export async function ask(reader: ClickHouseClient, sql: string): Promise<Answer> {
  const began = performance.now();
  const result = await reader.query({ query: sql, format: 'JSON' });
  const { meta, data } = await result.json<Record<string, unknown>>();
  return { columns: meta ?? [], rows: data, took: performance.now() - began };
}
