import { z } from 'zod';
import { readDetections } from '../../store/console/detections.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { readFindings } from '../../store/findings/findings.ts';
import type { ApiContext } from './context.ts';
import { instant, listOf, pageQuery, withoutUndefined } from './inputs.ts';
import { ok, operation } from './operation.ts';
import type { Operation } from './operation.ts';
import { deliverySchema, detectionSchema, findingSchema, severitySchema } from './schemas.ts';
import { deliveryView, findingView } from './views.ts';

const findingsQuery = z.object({
  token_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
    .optional(),
  client: z.string().max(2_000).optional(),
  detection: z.string().max(200).optional(),
  min_severity: severitySchema.optional(),
  since: instant.optional(),
  until: instant.optional(),
  ...pageQuery(100),
});

function findings({ db }: ApiContext): Operation {
  return operation({
    id: 'listFindings',
    method: 'GET',
    path: '/api/v1/findings',
    tag: 'findings',
    summary: 'Findings, newest first',
    access: 'viewer',
    query: findingsQuery,
    answer: z.object({ findings: z.array(findingSchema) }),
    handle: async ({ query }) => {
      const { token_hash, client, min_severity, ...rest } = query;
      const filter = {
        tokenHash: token_hash,
        clientId: client,
        minSeverity: min_severity,
        ...rest,
      };
      const rows = await readFindings(db, withoutUndefined(filter));
      return ok({ findings: rows.map(findingView) });
    },
  });
}

function detections({ db, now }: ApiContext): Operation {
  return operation({
    id: 'listDetections',
    method: 'GET',
    path: '/api/v1/detections',
    tag: 'detections',
    summary: 'The catalogue as the detector runs it, with findings and verdicts',
    access: 'viewer',
    answer: z.object({ detections: z.array(detectionSchema) }),
    handle: async () => {
      const rows = await readDetections(db, now());
      return ok({
        detections: rows.map(({ blindSpots, falsePositives, severity, ...row }) => ({
          ...row,
          severity: severitySchema.catch('medium').parse(severity),
          blind_spots: blindSpots,
          parameters: JSON.parse(row.parameters || '{}') as Record<string, number>,
          findings_7d: row.daily.slice(7).reduce((sum, n) => sum + n, 0),
          false_positives: falsePositives,
        })),
      });
    },
  });
}

const deliveriesQuery = z.object({
  receiver: z.string().max(200).optional(),
  state: listOf(z.enum(['pending', 'sent', 'refused', 'dead'])).optional(),
  incident: z.string().max(64).optional(),
  since: instant.optional(),
  ...pageQuery(100),
});

function deliveries({ db }: ApiContext): Operation {
  return operation({
    id: 'listDeliveries',
    method: 'GET',
    path: '/api/v1/deliveries',
    tag: 'deliveries',
    summary: 'What people and systems were sent, newest first',
    access: 'viewer',
    query: deliveriesQuery,
    answer: z.object({ deliveries: z.array(deliverySchema) }),
    handle: async ({ query }) => {
      const { state, incident, ...rest } = query;
      const incidentIds = incident === undefined ? undefined : [incident];
      const filter = { states: state, incidentIds, ...rest };
      const rows = await listDeliveries(db, withoutUndefined(filter));
      return ok({ deliveries: rows.map(deliveryView) });
    },
  });
}

/** What is only looked at: findings, detections, deliveries. */
export function listOperations(context: ApiContext): Operation[] {
  return [findings(context), detections(context), deliveries(context)];
}
