import {
  AxisPlacement,
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellHeight,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { PanelBuilder as Trend } from '@grafana/grafana-foundation-sdk/trend';
import { series, table } from './clickhouse-query.ts';
import { steps } from './colors.ts';
import { DATASOURCE } from './names.ts';

/** What every panel says of itself; `about` tells a tired reader what to make of it. */
export interface PanelWords {
  title: string;
  about: string;
  sql: string;
  /** Grid columns of 24, and rows of about 30 px. */
  width: number;
  height: number;
  /** A unit's id in Grafana (`s`, `percentunit`, `short`). */
  unit?: string;
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);
}

function tooltip(): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder()
    .mode(TooltipDisplayMode.Multi)
    .sort(SortOrder.Descending)
    .hideZeros(true);
}

function palette(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);
}

/**
 * Lines over time. The query's first column is `time`; each further number is a line, or, where
 * there is a text column, each of its values.
 *
 * @param every the shortest step: that of the table behind it
 */
export function lines(words: PanelWords, every = '1m'): TimeSeries {
  return new TimeSeries()
    .title(words.title)
    .description(words.about)
    .datasource(DATASOURCE)
    .withTarget(series(words.sql).refId('A'))
    .span(words.width)
    .height(words.height)
    .interval(every)
    .unit(words.unit ?? 'short')
    .min(0)
    .colorScheme(palette())
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .spanNulls(true)
    .axisPlacement(AxisPlacement.Auto)
    .noValue('nothing in this time range')
    .legend(legend())
    .tooltip(tooltip());
}

/** Counts over time as stacked bars; the query as for {@link lines}. */
export function bars(words: PanelWords, every = '1m'): TimeSeries {
  return lines(words, every)
    .drawStyle(GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(80)
    .decimals(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

/** The series are named by the value of a text column. */
export function seriesName(column: string): string {
  return `\${__field.labels.${column}}`;
}

/** One or several big numbers: one row, each column a number. */
export function stat(words: PanelWords): Stat {
  return new Stat()
    .title(words.title)
    .description(words.about)
    .datasource(DATASOURCE)
    .withTarget(table(words.sql).refId('A'))
    .span(words.width)
    .height(words.height)
    .unit(words.unit ?? 'short')
    .noValue('none')
    .thresholds(steps())
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .orientation(VizOrientation.Vertical)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false));
}

/** A ranking: each row a bar, named by the text column, as long as the number. */
export function ranking(words: PanelWords): BarGauge {
  return new BarGauge()
    .title(words.title)
    .description(words.about)
    .datasource(DATASOURCE)
    .withTarget(table(words.sql).refId('A'))
    .span(words.width)
    .height(words.height)
    .unit(words.unit ?? 'short')
    .min(0)
    .noValue('none')
    .thresholds(steps())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor('blue'))
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .showUnfilled(false)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs([]).fields('').values(true).limit(50));
}

/** Rows; columns are dressed by `columns.ts`. */
export function rows(words: PanelWords): Table {
  return new Table()
    .title(words.title)
    .description(words.about)
    .datasource(DATASOURCE)
    .withTarget(table(words.sql).refId('A'))
    .span(words.width)
    .height(words.height)
    .unit(words.unit ?? 'short')
    .noValue('none')
    .cellHeight(TableCellHeight.Sm)
    .showHeader(true)
    .filterable(true);
}

/** Lines over a number: the query's first column is `x`. */
export function trend(words: PanelWords, x: string): Trend {
  return new Trend()
    .title(words.title)
    .description(words.about)
    .datasource(DATASOURCE)
    .withTarget(table(words.sql).refId('A'))
    .span(words.width)
    .height(words.height)
    .unit(words.unit ?? 'short')
    .min(0)
    .xField(x)
    .colorScheme(palette())
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Never)
    .noValue('nothing in this time range')
    .legend(legend())
    .tooltip(tooltip());
}
