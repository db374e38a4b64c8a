import type { Registry } from 'prom-client';
import { z } from 'zod';
import { isLoopback } from '../auth/same-site.ts';
import type { ApiContext } from './context.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';

const healthAnswer = z.object({ status: z.literal('ok') });

function health(): Operation {
  return operation({
    id: 'health',
    method: 'GET',
    path: '/health',
    tag: 'service',
    summary: 'This process answers',
    access: 'everybody',
    answer: healthAnswer,
    handle: async () => ok({ status: 'ok' as const }),
  });
}

function ready({ db }: ApiContext): Operation {
  return operation({
    id: 'ready',
    method: 'GET',
    path: '/ready',
    tag: 'service',
    summary: 'The store answers, too',
    access: 'everybody',
    answer: healthAnswer,
    handle: async () =>
      (await db.ping())
        ? ok({ status: 'ok' as const })
        : refuse(503, 'ClickHouse does not answer.'),
  });
}

function metrics({ config }: ApiContext, registry: Registry): Operation {
  return operation({
    id: 'metrics',
    method: 'GET',
    path: '/metrics',
    tag: 'service',
    summary: 'Metrics of this process, as Prometheus reads them',
    // A scraper on this machine needs no key; across a network it sends one of a viewer.
    access: isLoopback(config.console.host) ? 'everybody' : 'viewer',
    media: 'text/plain',
    handle: async ({ reply }) => {
      await reply.type(registry.contentType).send(await registry.metrics());
      return undefined;
    },
  });
}

function events({ live }: ApiContext): Operation {
  return operation({
    id: 'events',
    method: 'GET',
    path: '/api/v1/events',
    tag: 'incidents',
    summary: 'Incidents as they change, as server-sent events',
    access: 'viewer',
    media: 'text/event-stream',
    handle: async ({ reply }) => {
      const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream' };
      const { raw } = reply.hijack();
      const taken = live.join.bind(live);
      raw.writeHead(200, {
        ...headers,
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      } as never);
      if (!taken(raw)) raw.end('retry: 30000\n\n');
      return undefined;
    },
  });
}

/** What operators and open pages listen to. */
export function serviceOperations(context: ApiContext, registry: Registry): Operation[] {
  return [health(), ready(context), metrics(context, registry), events(context)];
}
