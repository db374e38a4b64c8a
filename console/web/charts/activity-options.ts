import uPlot from 'uplot';
import type { Activity } from '../api-types.ts';
import { number } from '../ui/words.ts';
import { colourOf } from './colours.ts';
import type { ChartOptions } from './Plot.tsx';

/** Shades the windows that findings judged, behind everything else. */
function windowShades(activity: Activity, colour: string): uPlot.Plugin {
  const windows = activity.windows.map(({ start, end }) => [
    Date.parse(start) / 1000,
    Date.parse(end) / 1000,
  ]);
  return {
    hooks: {
      drawClear: (plot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.fillStyle = colour;
        for (const [start = 0, end = 0] of windows) {
          const left = Math.max(bbox.left, plot.valToPos(start, 'x', true));
          const right = Math.min(bbox.left + bbox.width, plot.valToPos(end, 'x', true));
          ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
        }
        ctx.restore();
      },
    },
  };
}

const tick = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** Beyond this many times the band, a linear scale would hide the band. */
const DWARFED = 8;

/** uPlot's number for a scale that is linear up to a value and logarithmic above it; its types name it by a const enum that does not exist when it runs. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LINEAR_THEN_LOG: uPlot.Scale.Distr.ArcSinh = 4;

/** Linear where the band can be seen on it; else linear up to the band and logarithmic above. */
function countScale({ buckets, band }: Activity): uPlot.Scale {
  const top = Math.max(4, ...buckets.map(({ calls }) => calls));
  const high = Math.max(1, band?.high ?? 1);
  const range: uPlot.Scale['range'] = [0, top * 1.08];
  return top > DWARFED * high ? { range, distr: LINEAR_THEN_LOG, asinh: high } : { range };
}

/** Round numbers for the axis; on the mixed scale powers of ten are too many and too few. */
function ticksOf(activity: Activity): Pick<uPlot.Axis, 'splits' | 'filter'> {
  const { distr, asinh = 1, range } = countScale(activity);
  if (distr !== LINEAR_THEN_LOG || !Array.isArray(range)) return {};
  const top = Number(range[1]);
  const round = [1, 2, 5].flatMap((n) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((p) => n * p));
  const above = round.filter((n) => n >= asinh && n <= top).sort((a, b) => a - b);
  const step = Math.ceil(above.length / 6);
  const shown = [0, ...above.filter((_, index) => index % step === 0)];
  return { splits: () => shown, filter: (_plot, splits) => splits };
}

function axes(activity: Activity, ink: string, grid: string): uPlot.Axis[] {
  const common = { stroke: ink, font: '11px Inter Variable, sans-serif', ticks: { show: false } };
  return [
    {
      ...common,
      grid: { show: false },
      space: 80,
      values: (_plot, splits) => splits.map((seconds) => tick.format(seconds * 1000)),
    },
    {
      ...common,
      grid: { stroke: grid, width: 1 },
      size: 48,
      ...ticksOf(activity),
      values: (_plot, splits) => splits.map((value) => number(value)),
    },
  ];
}

/** The chart of an incident: band and threshold as they were judged, calls as bars. */
export function activityOptions(activity: Activity, element: Element): ChartOptions {
  const colour = (name: string): string => colourOf(element, name);
  const bars = uPlot.paths.bars?.({ size: [0.8, 24], align: 1, radius: 0.15 });
  const withBars = bars === undefined ? {} : { paths: bars };
  const line = { width: 0, points: { show: false } };
  return {
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    padding: [12, 8, 0, 0],
    scales: { y: countScale(activity) },
    axes: axes(activity, colour('ink'), colour('grid')),
    bands: [{ series: [2, 1], fill: colour('usual') }],
    plugins: [windowShades(activity, colour('window'))],
    series: [
      {},
      { ...line, label: 'usual from' },
      { ...line, label: 'usual to' },
      { ...line, label: 'calls', ...withBars, fill: colour('seen') },
      { ...line, label: 'denied', ...withBars, fill: colour('denied') },
      {
        label: 'tolerated to',
        stroke: colour('threshold'),
        width: 1.5,
        dash: [5, 4],
        points: { show: false },
      },
    ],
  };
}
