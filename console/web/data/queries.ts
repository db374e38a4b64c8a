import { QueryClient, queryOptions } from '@tanstack/react-query';
import type { paths } from '../api-types.ts';
import { ApiError, api, bodyOf } from './api.ts';

export type QueueQuery = NonNullable<paths['/api/v1/incidents']['get']['parameters']['query']>;

function isWorthRetrying(failures: number, error: Error): boolean {
  return failures < 2 && !(error instanceof ApiError && error.status < 500);
}

export const queryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: 10_000, retry: isWorthRetrying } },
});

/** What the page reads, each under the key that live updates make stale. */
export const queries = {
  session: () =>
    queryOptions({
      queryKey: ['session'],
      queryFn: async () => bodyOf(api.GET('/api/v1/session')),
      staleTime: 60_000,
    }),
  queue: (query: QueueQuery) =>
    queryOptions({
      queryKey: ['incidents', 'queue', query],
      queryFn: async () => bodyOf(api.GET('/api/v1/incidents', { params: { query } })),
      placeholderData: (before) => before,
    }),
  incident: (id: string) =>
    queryOptions({
      queryKey: ['incidents', 'one', id],
      queryFn: async () => bodyOf(api.GET('/api/v1/incidents/{id}', { params: { path: { id } } })),
    }),
  activity: (id: string) =>
    queryOptions({
      queryKey: ['incidents', 'activity', id],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/incidents/{id}/activity', { params: { path: { id } } })),
    }),
  calls: (id: string) =>
    queryOptions({
      queryKey: ['incidents', 'calls', id],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/incidents/{id}/calls', { params: { path: { id } } })),
    }),
  places: (id: string) =>
    queryOptions({
      queryKey: ['incidents', 'places', id],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/incidents/{id}/places', { params: { path: { id } } })),
    }),
  related: (id: string) =>
    queryOptions({
      queryKey: ['incidents', 'related', id],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/incidents/{id}/related', { params: { path: { id } } })),
    }),
  detections: () =>
    queryOptions({
      queryKey: ['detections'],
      queryFn: async () => bodyOf(api.GET('/api/v1/detections')),
    }),
  settings: () =>
    queryOptions({
      queryKey: ['detections', 'settings'],
      queryFn: async () => bodyOf(api.GET('/api/v1/detection-settings')),
    }),
  whatIfs: () =>
    queryOptions({
      queryKey: ['what-if'],
      queryFn: async () => bodyOf(api.GET('/api/v1/what-if')),
    }),
  whatIf: (id: string) =>
    queryOptions({
      queryKey: ['what-if', id],
      queryFn: async () => bodyOf(api.GET('/api/v1/what-if/{id}', { params: { path: { id } } })),
      // Until it is over.
      refetchInterval: ({ state: { data } }) =>
        data === undefined || data.state === 'waiting' || data.state === 'running' ? 1_000 : false,
    }),
  deliveries: (state: ('pending' | 'sent' | 'refused' | 'dead')[]) =>
    queryOptions({
      queryKey: ['deliveries', state],
      queryFn: async () =>
        bodyOf(
          api.GET('/api/v1/deliveries', {
            params: { query: { limit: 200, ...(state.length === 0 ? {} : { state }) } },
          }),
        ),
      refetchInterval: 10_000,
    }),
};
