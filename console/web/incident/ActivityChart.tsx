import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import uPlot from 'uplot';
import type { Activity, Finding } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Panel } from '../ui/Panel.tsx';
import { duration, number } from '../ui/words.ts';
import { chartOptions } from './chart-options.ts';

const HEIGHT = 240;

function dataOf({ buckets, band }: Activity): uPlot.AlignedData {
  const steady = (value: number | undefined): (number | null)[] => buckets.map(() => value ?? null);
  return [
    buckets.map(({ at }) => Date.parse(at) / 1000),
    steady(band?.low),
    steady(band?.high),
    buckets.map(({ calls }) => calls),
    buckets.map(({ denied }) => (denied === 0 ? null : denied)),
    steady(band?.threshold ?? undefined),
  ];
}

/** In words what the chart shows, for whoever does not see it. */
function described({ buckets, band, step }: Activity): string {
  const top = Math.max(0, ...buckets.map(({ calls }) => calls));
  const usual = band === null ? '' : `; usual ${number(band.low)} to ${number(band.high)}`;
  return `Calls in steps of ${duration(step)}, at most ${number(top)}${usual}`;
}

function Plot({ activity }: { activity: Activity }): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const size = { width: element.clientWidth, height: HEIGHT };
    const plot = new uPlot(
      { ...chartOptions(activity, element), ...size },
      dataOf(activity),
      element,
    );
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [activity, scheme]);
  return <div ref={holder} className="tw-chart" role="img" aria-label={described(activity)} />;
}

function Legend({ activity }: { activity: Activity }): ReactNode {
  const denied = activity.buckets.some((bucket) => bucket.denied > 0);
  return (
    <div className="tw-legend">
      <span className="tw-key tw-key-seen">calls</span>
      {activity.band !== null && <span className="tw-key tw-key-usual">usual at this hour</span>}
      {typeof activity.band?.threshold === 'number' && (
        <span className="tw-key tw-key-threshold">tolerated to</span>
      )}
      {denied && <span className="tw-key tw-key-denied">denied</span>}
      <span className="tw-key tw-key-window">judged</span>
    </div>
  );
}

/** Volume before, during and after, against what was expected. */
export function ActivityChart({ id, findings }: { id: string; findings: Finding[] }): ReactNode {
  const { data } = useQuery(queries.activity(id));
  if (findings.length === 0) return null;
  if (data === undefined) {
    return (
      <Panel title="Usual against seen">
        <div className="tw-chart" />
      </Panel>
    );
  }
  if (!data.buckets.some(({ calls }) => calls > 0)) return null;
  return (
    <Panel
      title="Usual against seen"
      aside={<span className="tw-dimmed">calls in {duration(data.step)}</span>}
    >
      <Plot activity={data} />
      <Legend activity={data} />
    </Panel>
  );
}
