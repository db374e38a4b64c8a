import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';

/** What the profile pages read. */
export const profileQueries = {
  tokens: (q: string) =>
    queryOptions({
      queryKey: ['tokens', q],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/tokens', { params: { query: { limit: 100, ...(q && { q }) } } })),
      placeholderData: (before) => before,
    }),
  token: (hash: string) =>
    queryOptions({
      queryKey: ['token', hash],
      queryFn: async () => bodyOf(api.GET('/api/v1/tokens/{hash}', { params: { path: { hash } } })),
      refetchInterval: 30_000,
    }),
  clients: (q: string) =>
    queryOptions({
      queryKey: ['clients', q],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/clients', { params: { query: { limit: 100, ...(q && { q }) } } })),
      placeholderData: (before) => before,
    }),
  client: (id: string) =>
    queryOptions({
      queryKey: ['client', id],
      queryFn: async () => bodyOf(api.GET('/api/v1/clients/{id}', { params: { path: { id } } })),
      refetchInterval: 30_000,
    }),
  reach: (id: string) =>
    queryOptions({
      queryKey: ['client', id, 'reach'],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/clients/{id}/reach', { params: { path: { id } } })),
    }),
  revocation: (hash: string) =>
    queryOptions({
      queryKey: ['incidents', 'revocation', hash],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/tokens/{hash}/revocation', { params: { path: { hash } } })),
    }),
};

/** What the pages about the installation read. */
export const placeQueries = {
  silences: () =>
    queryOptions({
      queryKey: ['silences'],
      queryFn: async () => bodyOf(api.GET('/api/v1/silences')),
    }),
  quieted: () =>
    queryOptions({
      // Under the key of incidents: a verdict or a reopening changes it.
      queryKey: ['incidents', 'quieted'],
      queryFn: async () => bodyOf(api.GET('/api/v1/quieted')),
    }),
  inventory: () =>
    queryOptions({
      queryKey: ['endpoints', 'inventory'],
      queryFn: async () =>
        bodyOf(api.GET('/api/v1/inventory', { params: { query: { limit: 500 } } })),
    }),
  endpoints: (q: string) =>
    queryOptions({
      queryKey: ['endpoints', q],
      queryFn: async () =>
        bodyOf(
          api.GET('/api/v1/endpoints', { params: { query: { limit: 200, ...(q && { q }) } } }),
        ),
      placeholderData: (before) => before,
    }),
  audit: () =>
    queryOptions({
      queryKey: ['audit'],
      queryFn: async () => bodyOf(api.GET('/api/v1/audit', { params: { query: { limit: 200 } } })),
      refetchInterval: 15_000,
    }),
  keys: () =>
    queryOptions({
      queryKey: ['keys'],
      queryFn: async () => bodyOf(api.GET('/api/v1/keys')),
    }),
  pipeline: () =>
    queryOptions({
      queryKey: ['pipeline'],
      queryFn: async () => bodyOf(api.GET('/api/v1/pipeline')),
      refetchInterval: 5_000,
    }),
};
