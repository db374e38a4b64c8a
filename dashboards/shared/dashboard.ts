import {
  AnnotationQueryBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { newDashboard } from './classic.ts';
import type { Dashboard } from './classic.ts';
import { table } from './clickhouse-query.ts';
import { DATASOURCE } from './names.ts';
import type { BuildOptions } from './names.ts';
import { consoleVariable } from './variables.ts';

/** Panels under a heading. */
export interface Section {
  title: string;
  panels: Builder<Panel>[];
}

export interface DashboardWords {
  uid: string;
  title: string;
  about: string;
  /** The time range it opens with, `now-24h`. */
  from: string;
  /** How often it asks again, `30s`. */
  refresh: string;
  variables: Builder<VariableModel>[];
  /** SQL of `time`, `title`, `text`, `tags`: marks on every graph. */
  annotations?: { name: string; sql: string };
  sections: Section[];
}

function siblings(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('tokenwatch')
    .type(DashboardLinkType.Dashboards)
    .tags(['tokenwatch'])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(false)
    .tooltip('The other dashboards');
}

function consoleLink(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Console')
    .type(DashboardLinkType.Link)
    .icon('external link')
    .url('${console:raw}/incidents')
    .targetBlank(true)
    .tooltip('Triage: acknowledge, decide, revoke');
}

/** Puts each panel as high as it goes, then as far left; a heading begins below everything. */
function place(panels: NonNullable<Dashboard['panels']>): void {
  const filled = new Array<number>(24).fill(0);
  for (const panel of panels) {
    const { w, h } = panel.type === 'row' ? { w: 24, h: 1 } : (panel.gridPos ?? { w: 12, h: 8 });
    const tops = Array.from({ length: 24 - w + 1 }, (_, x) => Math.max(...filled.slice(x, x + w)));
    const y = Math.min(...tops);
    const x = tops.indexOf(y);
    panel.gridPos = { x, y, w, h };
    filled.fill(y + h, x, x + w);
  }
}

/** The parts that all dashboards share, around their sections; panels are numbered in order. */
export function dashboard(words: DashboardWords, options: BuildOptions): Dashboard {
  const builder = newDashboard(words.title)
    .uid(words.uid)
    .description(words.about)
    .tags(['tokenwatch'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: words.from, to: 'now' })
    .refresh(words.refresh)
    .readonly()
    .link(siblings())
    .link(consoleLink());
  for (const variable of words.variables) builder.withVariable(variable);
  builder.withVariable(consoleVariable(options.consoleUrl));
  if (words.annotations !== undefined) {
    builder.annotation(
      new AnnotationQueryBuilder()
        .name(words.annotations.name)
        .datasource(DATASOURCE)
        .enable(true)
        .iconColor('red')
        .target(table(words.annotations.sql).refId('annotations')),
    );
  }
  for (const section of words.sections) {
    builder.withRow(new RowBuilder(section.title));
    for (const panel of section.panels) builder.withPanel(panel);
  }
  const built = builder.build();
  built.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  place(built.panels ?? []);
  return built;
}
