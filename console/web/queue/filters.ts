import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { IncidentStatus, Severity } from '../api-types.ts';
import type { QueueQuery } from '../data/queries.ts';
import { SEVERITIES } from '../ui/words.ts';

/** The tabs of the queue, by what they hold. */
export const VIEWS = {
  open: { label: 'Open', statuses: ['open'] },
  acknowledged: { label: 'Acknowledged', statuses: ['acknowledged'] },
  closed: { label: 'Closed', statuses: ['resolved', 'false_positive'] },
  all: { label: 'All', statuses: [] },
} as const satisfies Record<string, { label: string; statuses: IncidentStatus[] }>;

export type View = keyof typeof VIEWS;

export const PAGE_SIZE = 50;

/** What the queue is narrowed to; kept in the address, so that it can be shared and gone back to. */
export interface Filters {
  view: View;
  severities: Severity[];
  q: string;
  order: 'urgency' | 'updated' | 'opened';
  page: number;
}

function parse(search: string): Filters {
  const params = new URLSearchParams(search);
  const view = params.get('view') ?? '';
  const order = params.get('order');
  const severities = (params.get('severity') ?? '').split(',');
  return {
    view: view in VIEWS ? (view as View) : 'open',
    severities: SEVERITIES.filter((severity) => severities.includes(severity)),
    q: params.get('q') ?? '',
    order: order === 'updated' || order === 'opened' ? order : 'urgency',
    page: Math.max(1, Number(params.get('page') ?? '1') || 1),
  };
}

function print({ view, severities, q, order, page }: Filters): string {
  const params = new URLSearchParams();
  if (view !== 'open') params.set('view', view);
  if (severities.length > 0) params.set('severity', severities.join(','));
  if (q !== '') params.set('q', q);
  if (order !== 'urgency') params.set('order', order);
  if (page > 1) params.set('page', String(page));
  const text = params.toString();
  return text === '' ? '/incidents' : `/incidents?${text}`;
}

/** The query that shows these filters. */
export function queryOf({ view, severities, q, order, page }: Filters): QueueQuery {
  const { statuses } = VIEWS[view];
  return {
    ...(statuses.length === 0 ? {} : { status: [...statuses] }),
    ...(severities.length === 0 ? {} : { severity: severities }),
    ...(q === '' ? {} : { q }),
    order,
    limit: PAGE_SIZE,
    offset: (page - 1) * PAGE_SIZE,
  };
}

/** The filters in the address, and how they change; anything but the page itself leads to page 1. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const filters = useMemo(() => parse(search), [search]);
  const change = useCallback(
    (given: Partial<Filters>) => {
      navigate(print({ ...filters, page: 1, ...given }), { replace: true });
    },
    [filters, navigate],
  );
  return [filters, change];
}
