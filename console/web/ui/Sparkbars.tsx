import type { ReactNode } from 'react';

const BAR = 6;
const GAP = 2;
const HEIGHT = 24;

/** A small row of bars, one a value; its numbers are read out as a list. */
export function Sparkbars({ values, label }: { values: number[]; label: string }): ReactNode {
  const top = Math.max(1, ...values);
  const width = values.length * (BAR + GAP) - GAP;
  return (
    <svg
      className="tw-spark"
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={`${label}: ${values.join(', ')}`}
    >
      {values.map((value, index) => {
        const height = Math.max(1.5, (HEIGHT * value) / top);
        return (
          <rect
            key={index}
            x={index * (BAR + GAP)}
            y={HEIGHT - height}
            width={BAR}
            height={height}
            rx="1"
            data-empty={value === 0}
          />
        );
      })}
    </svg>
  );
}
