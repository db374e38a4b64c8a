import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import uPlot from 'uplot';

const HEIGHT = 240;

export type ChartOptions = Omit<uPlot.Options, 'width' | 'height'>;

interface Props {
  /** What the chart shows, in words, for whoever does not see it. */
  label: string;
  data: uPlot.AlignedData;
  /** Called with the place of the chart, which knows the colours of the scheme. Must be stable. */
  options: (element: Element) => ChartOptions;
}

/** A chart that follows its place's width and the colour scheme. */
export function Plot({ label, data, options }: Props): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const size = { width: element.clientWidth, height: HEIGHT };
    const plot = new uPlot({ ...options(element), ...size }, data, element);
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, options, scheme]);
  return <div ref={holder} className="tw-chart" role="img" aria-label={label} />;
}
