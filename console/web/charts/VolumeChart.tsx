import { useMemo } from 'react';
import type { ReactNode } from 'react';
import uPlot from 'uplot';
import type { VolumeHour } from '../api-types.ts';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';
import { colourOf } from './colours.ts';
import { Plot } from './Plot.tsx';
import type { ChartOptions } from './Plot.tsx';

const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' });

function options(element: Element): ChartOptions {
  const colour = (name: string): string => colourOf(element, name);
  const common = {
    stroke: colour('ink'),
    font: '11px Inter Variable, sans-serif',
    ticks: { show: false },
  };
  const bars = uPlot.paths.bars?.({ size: [0.75, 12], align: 1 });
  const withBars = bars === undefined ? {} : { paths: bars };
  const line = { width: 0, points: { show: false } };
  return {
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    padding: [12, 8, 0, 0],
    scales: {
      // The last hour has a bar of its own width.
      x: { range: (_plot, min, max) => [min, max + 3_600] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.08)] },
    },
    axes: [
      {
        ...common,
        grid: { show: false },
        incrs: [86_400],
        values: (_plot, splits) => splits.map((seconds) => day.format(seconds * 1000)),
      },
      {
        ...common,
        grid: { stroke: colour('grid'), width: 1 },
        size: 48,
        values: (_plot, splits) => splits.map((value) => number(value)),
      },
    ],
    bands: [{ series: [2, 1], fill: colour('usual') }],
    series: [
      {},
      { ...line, label: 'usual from' },
      { ...line, label: 'usual to' },
      { ...line, label: 'calls', ...withBars, fill: colour('seen') },
      { ...line, label: 'denied', ...withBars, fill: colour('denied') },
    ],
  };
}

function dataOf(volume: VolumeHour[]): uPlot.AlignedData {
  return [
    volume.map(({ at }) => Date.parse(at) / 1000),
    volume.map(({ low }) => low),
    volume.map(({ high }) => high),
    volume.map(({ calls }) => calls),
    volume.map(({ denied }) => (denied === 0 ? null : denied)),
  ];
}

/** A week of hours against the band that was expected of each. */
export function VolumeChart({ volume }: { volume: VolumeHour[] }): ReactNode {
  const data = useMemo(() => dataOf(volume), [volume]);
  const top = Math.max(0, ...volume.map(({ calls }) => calls));
  const hasBand = volume.some(({ high }) => high !== null);
  return (
    <Panel title="Volume" aside={<span className="tw-dimmed">calls an hour, 7 days</span>}>
      <Plot
        label={`Calls an hour over the last 7 days, at most ${number(top)}`}
        data={data}
        options={options}
      />
      <div className="tw-legend">
        <span className="tw-key tw-key-seen">calls</span>
        {hasBand ? (
          <span className="tw-key tw-key-usual">expected, 1st to 99th percentile</span>
        ) : (
          <span className="tw-dimmed">no expectation yet: the detector is still learning</span>
        )}
        <span className="tw-key tw-key-denied">denied</span>
      </div>
    </Panel>
  );
}
