import { NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import type { paths, Severity } from '../api-types.ts';
import { SEVERITIES, number } from '../ui/words.ts';
import { VIEWS } from './filters.ts';
import type { Filters, View } from './filters.ts';
import { Search } from './Search.tsx';

type Page = paths['/api/v1/incidents']['get']['responses'][200]['content']['application/json'];

interface Props {
  filters: Filters;
  change: (change: Partial<Filters>) => void;
  page: Page;
}

function countOf(view: View, page: Page): number {
  const statuses: readonly string[] = VIEWS[view].statuses;
  const all = Object.entries(page.by_status);
  const counted = statuses.length === 0 ? all : all.filter(([status]) => statuses.includes(status));
  return counted.reduce((sum, [, n]) => sum + n, 0);
}

function ViewTabs({ filters, change, page }: Props): ReactNode {
  return (
    <div className="tw-tabs" role="group" aria-label="Status">
      {(Object.keys(VIEWS) as View[]).map((view) => (
        <button
          key={view}
          type="button"
          className="tw-tab"
          aria-pressed={filters.view === view}
          onClick={() => change({ view })}
        >
          {VIEWS[view].label}
          <span className="tw-tab-count">{number(countOf(view, page))}</span>
        </button>
      ))}
    </div>
  );
}

function SeverityChips({ filters, change, page }: Props): ReactNode {
  const toggle = (severity: Severity): void => {
    const on = filters.severities.includes(severity);
    const rest = filters.severities.filter((one) => one !== severity);
    change({ severities: on ? rest : [...rest, severity] });
  };
  return (
    <div className="tw-chips" role="group" aria-label="Severity">
      {SEVERITIES.map((severity) => (
        <button
          key={severity}
          type="button"
          className="tw-chip"
          data-severity={severity}
          aria-pressed={filters.severities.includes(severity)}
          onClick={() => toggle(severity)}
        >
          <span className="tw-dot" aria-hidden="true" />
          {severity}
          <span className="tw-tab-count">{number(page.by_severity[severity])}</span>
        </button>
      ))}
    </div>
  );
}

/** What narrows the queue, with how much each choice would leave. */
export function FilterBar(props: Props): ReactNode {
  const { filters, change } = props;
  return (
    <div className="tw-filters">
      <ViewTabs {...props} />
      <SeverityChips {...props} />
      <Search q={filters.q} search={(q) => change({ q: q.slice(0, 200) })} />
      <NativeSelect
        aria-label="Order"
        value={filters.order}
        onChange={(event) => change({ order: event.currentTarget.value as Filters['order'] })}
        data={[
          { value: 'urgency', label: 'Most urgent' },
          { value: 'updated', label: 'Latest change' },
          { value: 'opened', label: 'Newest' },
        ]}
      />
    </div>
  );
}
