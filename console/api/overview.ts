import { z } from 'zod';
import { readAudit } from '../../store/audit/entries.ts';
import { listEndpoints } from '../../store/console/endpoints.ts';
import { readHealth } from '../../store/console/health.ts';
import type { ApiContext } from './context.ts';
import { instant, pageQuery, withoutUndefined } from './inputs.ts';
import { ok, operation } from './operation.ts';
import type { Operation } from './operation.ts';
import { iso } from './views.ts';

const DAY = 86_400_000;

const endpointSchema = z
  .object({
    service: z.string(),
    environment: z.string(),
    method: z.string(),
    route: z.string(),
    calls: z.int(),
    denied: z.int(),
    failed: z.int(),
    /** Answered below 400 without a token, or against a rejected one. */
    anonymous: z.int(),
    first_seen: z.string(),
    last_seen: z.string(),
    /** First seen within the last 7 days, where older calls are known. */
    is_new: z.boolean(),
  })
  .meta({ id: 'Endpoint' });

const endpointsQuery = z.object({
  service: z.string().max(200).optional(),
  environment: z.string().max(200).optional(),
  q: z.string().trim().min(1).max(200).optional(),
  days: z.coerce.number<string>().int().min(1).max(90).default(30),
  ...pageQuery(200),
});

function endpoints({ db, now }: ApiContext): Operation {
  return operation({
    id: 'listEndpoints',
    method: 'GET',
    path: '/api/v1/endpoints',
    tag: 'endpoints',
    summary: 'Routes as they were seen, busiest first',
    access: 'viewer',
    query: endpointsQuery,
    answer: z.object({ endpoints: z.array(endpointSchema) }),
    handle: async ({ query: { limit, offset, days, ...rest } }) => {
      const filter = { since: now() - days * DAY, ...withoutUndefined(rest) };
      const rows = await listEndpoints(db, filter, { limit, offset });
      const oldest = Math.min(...rows.map((row) => row.firstSeen));
      const recent = now() - 7 * DAY;
      return ok({
        endpoints: rows.map(({ firstSeen, lastSeen, ...row }) => ({
          ...row,
          first_seen: iso(firstSeen),
          last_seen: iso(lastSeen),
          is_new: firstSeen > recent && oldest < recent,
        })),
      });
    },
  });
}

const auditSchema = z
  .object({
    chain: z.string(),
    seq: z.int(),
    at: z.string(),
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
    hash: z.string(),
    signed: z.boolean(),
  })
  .meta({ id: 'AuditEntry' });

const auditQuery = z.object({
  actor: z.string().max(200).optional(),
  action: z.string().max(200).optional(),
  subject: z.string().max(200).optional(),
  since: instant.optional(),
  until: instant.optional(),
  ...pageQuery(100),
});

function audit({ db }: ApiContext): Operation {
  return operation({
    id: 'listAudit',
    method: 'GET',
    path: '/api/v1/audit',
    tag: 'audit',
    summary: 'What anyone or anything decided, latest first',
    access: 'viewer',
    query: auditQuery,
    answer: z.object({ entries: z.array(auditSchema) }),
    handle: async ({ query }) => {
      const rows = await readAudit(db, withoutUndefined(query));
      return ok({
        entries: rows.map(({ at, links: _links, previous: _previous, signature, ...row }) => ({
          ...row,
          at: iso(at),
          signed: signature !== '',
        })),
      });
    },
  });
}

const healthAnswer = z.object({
  stages: z.array(z.object({ stage: z.string(), instance: z.string(), at: z.string() })),
  calls_last_minute: z.int(),
  calls_last_hour: z.int(),
  last_call_at: z.string(),
  last_finding_at: z.string(),
  pending_deliveries: z.int(),
  failed_deliveries: z.int(),
  bytes: z.int(),
  parts: z.int(),
});

function pipeline({ db }: ApiContext): Operation {
  return operation({
    id: 'getPipeline',
    method: 'GET',
    path: '/api/v1/pipeline',
    tag: 'service',
    summary: 'How the pipeline itself fares',
    access: 'viewer',
    answer: healthAnswer,
    handle: async () => {
      const health = await readHealth(db);
      return ok({
        stages: health.stages.map((stage) => ({ ...stage, at: iso(stage.at) })),
        calls_last_minute: health.callsLastMinute,
        calls_last_hour: health.callsLastHour,
        last_call_at: iso(health.lastCallAt),
        last_finding_at: iso(health.lastFindingAt),
        pending_deliveries: health.pendingDeliveries,
        failed_deliveries: health.failedDeliveries,
        bytes: health.bytes,
        parts: health.parts,
      });
    },
  });
}

/** Endpoints, decisions, and the pipeline's own health. */
export function overviewOperations(context: ApiContext): Operation[] {
  return [endpoints(context), audit(context), pipeline(context)];
}
