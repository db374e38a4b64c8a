import { Pagination, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { paths } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Empty, Failed, Loading } from '../ui/states.tsx';
import { BulkBar } from './BulkBar.tsx';
import { FilterBar } from './FilterBar.tsx';
import { PAGE_SIZE, queryOf, useFilters } from './filters.ts';
import type { Filters } from './filters.ts';
import { QueueRow } from './QueueRow.tsx';
import { useTriage } from './triage.ts';

type Page = paths['/api/v1/incidents']['get']['responses'][200]['content']['application/json'];

function Nothing({ filters }: { filters: Filters }): ReactNode {
  const narrowed = filters.q !== '' || filters.severities.length > 0 || filters.view !== 'open';
  return narrowed ? (
    <Empty icon="search" title="Nothing matches" detail="Take a filter away to see more." />
  ) : (
    <Empty
      title="All quiet"
      detail="No open incident. When a token does what is unusual for it, it appears here by itself."
    />
  );
}

function List({ page }: { page: Page }): ReactNode {
  const triage = useTriage(page.incidents);
  return (
    <>
      <BulkBar triage={triage} />
      <ul className="tw-queue" aria-label="Incidents">
        {page.incidents.map((incident, index) => (
          <QueueRow key={incident.id} incident={incident} index={index} triage={triage} />
        ))}
      </ul>
    </>
  );
}

/** What wants a decision, most urgent first. */
export function Queue(): ReactNode {
  const [filters, change] = useFilters();
  const { data, error } = useQuery(queries.queue(queryOf(filters)));
  const open = data?.by_status.open ?? 0;
  useDocumentTitle(
    open === 0 ? 'Incidents · tokenwatch' : `(${String(open)}) Incidents · tokenwatch`,
  );
  if (error !== null && data === undefined) {
    return <Failed title="The queue could not be read" detail={error.message} />;
  }
  if (data === undefined) return <Loading />;
  const pages = Math.ceil(data.total / PAGE_SIZE);
  return (
    <div className="tw-page">
      <Title order={1} size="h2" className="tw-page-title">
        Incidents
      </Title>
      <FilterBar filters={filters} change={change} page={data} />
      {data.incidents.length === 0 ? <Nothing filters={filters} /> : <List page={data} />}
      {pages > 1 && (
        <Pagination
          className="tw-pages"
          total={pages}
          value={filters.page}
          onChange={(page) => change({ page })}
          getItemProps={(page) => ({ 'aria-label': `Page ${String(page)}` })}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        />
      )}
    </div>
  );
}
