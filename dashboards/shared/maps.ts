import {
  FrameGeometrySourceBuilder,
  FrameGeometrySourceMode,
  MapLayerOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  ControlsOptionsBuilder,
  MapViewConfigBuilder,
  PanelBuilder as Geomap,
  TooltipMode,
  TooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/geomap';
import { table } from './clickhouse-query.ts';
import { steps } from './colors.ts';
import { DATASOURCE } from './names.ts';
import type { PanelWords } from './panels.ts';

/** Grafana's own list of countries by ISO code: nothing is fetched from elsewhere. */
function byCountry(column: string): FrameGeometrySourceBuilder {
  return new FrameGeometrySourceBuilder()
    .mode(FrameGeometrySourceMode.Lookup)
    .lookup(column)
    .gazetteer('public/gazetteer/countries.json');
}

function world(words: PanelWords): Geomap {
  return new Geomap()
    .title(words.title)
    .description(words.about)
    .datasource(DATASOURCE)
    .span(words.width)
    .height(words.height)
    .unit(words.unit ?? 'short')
    .noValue('none')
    .thresholds(steps())
    .view(new MapViewConfigBuilder().id('coords').lat(25).lon(10).zoom(1.8).allLayers(true))
    .controls(
      new ControlsOptionsBuilder().showZoom(true).mouseWheelZoom(false).showAttribution(true),
    )
    .tooltip(new TooltipOptionsBuilder().mode(TooltipMode.Details))
    .basemap(new MapLayerOptionsBuilder().type('default').name('Map'));
}

/** Where a marker's size and colour come from. */
export interface MarkerFields {
  /** The column of ISO 3166 codes. */
  country: string;
  size: string;
  /** A fixed colour, or the column whose thresholds colour it. */
  color: { fixed: string } | { field: string };
}

function marker(fields: MarkerFields): object {
  const color = 'fixed' in fields.color ? fields.color : { ...fields.color, fixed: 'blue' };
  return {
    showLegend: true,
    style: {
      size: { field: fields.size, fixed: 6, min: 4, max: 26 },
      color,
      opacity: 0.6,
      symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
      symbolAlign: { horizontal: 'center', vertical: 'center' },
      text: { mode: 'field', field: fields.country, fixed: '' },
      textConfig: {
        fontSize: 11,
        textAlign: 'center',
        textBaseline: 'middle',
        offsetX: 0,
        offsetY: 0,
      },
    },
  };
}

/** A circle on each country. */
export function markers(words: PanelWords, fields: MarkerFields): Geomap {
  return world(words)
    .withTarget(table(words.sql).refId('A'))
    .layers([
      new MapLayerOptionsBuilder()
        .type('markers')
        .name(words.title)
        .location(byCountry(fields.country))
        .config(marker(fields))
        .tooltip(true),
    ]);
}

/**
 * Arrows between countries, by Grafana's network layer.
 *
 * @param edges SQL of `id`, `source`, `target`, `mainstat`; the words' SQL gives the nodes: `id` (the
 *   ISO code), `title`, `mainstat`
 */
export function arrows(words: PanelWords, edges: string): Geomap {
  const line = {
    color: { fixed: 'dark-red' },
    opacity: 0.8,
    lineWidth: 2,
    size: { fixed: 2, min: 1, max: 6 },
  };
  return world(words)
    .withTarget(table(words.sql).refId('A'))
    .withTarget(table(edges).refId('B'))
    .layers([
      new MapLayerOptionsBuilder()
        .type('network')
        .name(words.title)
        .location(byCountry('id'))
        .config({
          showLegend: false,
          style: { ...line, size: { fixed: 6, min: 4, max: 16 }, color: { fixed: 'orange' } },
          edgeStyle: line,
          arrow: 1,
        })
        .tooltip(true),
    ]);
}
