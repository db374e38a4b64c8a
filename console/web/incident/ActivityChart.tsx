import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { ReactNode } from 'react';
import type uPlot from 'uplot';
import type { Activity, Finding } from '../api-types.ts';
import { activityOptions } from '../charts/activity-options.ts';
import { Plot } from '../charts/Plot.tsx';
import { queries } from '../data/queries.ts';
import { Panel } from '../ui/Panel.tsx';
import { duration, number } from '../ui/words.ts';

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

function Chart({ activity }: { activity: Activity }): ReactNode {
  const data = useMemo(() => dataOf(activity), [activity]);
  const options = useCallback((element: Element) => activityOptions(activity, element), [activity]);
  return <Plot label={described(activity)} data={data} options={options} />;
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
      <Chart activity={data} />
      <Legend activity={data} />
    </Panel>
  );
}
