import type { ReactNode } from 'react';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';

const DAY = 86_400_000;
const weekday = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric' });

/** Findings in each of the last days, the oldest first. */
export function Daily({ values }: { values: number[] }): ReactNode {
  const top = Math.max(1, ...values);
  const total = values.reduce((sum, n) => sum + n, 0);
  const dayOf = (index: number): string =>
    weekday.format(Date.now() - (values.length - 1 - index) * DAY);
  return (
    <Panel
      title="Findings over time"
      aside={<span className="tw-dimmed">{number(total)} in 14 days</span>}
    >
      <ol className="tw-daily">
        {values.map((value, index) => (
          <li key={index}>
            <span className="tw-daily-value">{value === 0 ? '' : number(value)}</span>
            <svg viewBox="0 0 10 60" preserveAspectRatio="none" aria-hidden="true">
              <rect
                {...{ x: 0, width: 10, rx: 0.6 }}
                y={60 - Math.max(1, (60 * value) / top)}
                height={Math.max(1, (60 * value) / top)}
                data-empty={value === 0}
              />
            </svg>
            <span className="tw-daily-day">{dayOf(index)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
