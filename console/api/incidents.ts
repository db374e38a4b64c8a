import { z } from 'zod';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { fold } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';
import { SEVERITIES } from '../../model/severity.ts';
import { readQueue } from '../../store/console/queue.ts';
import { TIES, readRelated } from '../../store/console/related.ts';
import {
  appendEvents,
  readEvents,
  readIncident,
  readIncidents,
} from '../../store/incidents/events.ts';
import type { Db } from '../../store/db.ts';
import type { ApiContext } from './context.ts';
import { listOf, pageQuery, withoutUndefined } from './inputs.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { incidentSchema, incidentViewSchema, severitySchema, statusSchema } from './schemas.ts';
import { auditOfTransition, transitionEvent, transitionSchema } from './transitions.ts';
import { containmentView, deliveryView, findingView, incidentView } from './views.ts';
import { rowOfIncident, storyOf } from './views.ts';

const idParams = z.object({ id: z.string().min(1).max(64) });

const queueQuery = z.object({
  status: listOf(statusSchema).optional(),
  severity: listOf(severitySchema).optional(),
  client: z.string().max(2_000).optional(),
  detection: z.string().max(200).optional(),
  token_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
    .optional(),
  assignee: z.string().max(200).optional(),
  q: z.string().trim().min(1).max(200).optional(),
  order: z.enum(['urgency', 'updated', 'opened', 'score']).default('urgency'),
  ...pageQuery(50),
});

const queueAnswer = z.object({
  incidents: z.array(incidentSchema),
  total: z.int(),
  by_status: z.record(statusSchema, z.int()),
  by_severity: z.record(severitySchema, z.int()),
});

/** Every key of an enumeration, zero where nothing was counted. */
function counts<Key extends string>(
  keys: readonly Key[],
  counted: Partial<Record<Key, number>>,
): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, counted[key] ?? 0])) as Record<Key, number>;
}

function listOperation({ db }: ApiContext): Operation {
  return operation({
    id: 'listIncidents',
    method: 'GET',
    path: '/api/v1/incidents',
    tag: 'incidents',
    summary: 'The queue, with counts by status and severity',
    access: 'viewer',
    query: queueQuery,
    answer: queueAnswer,
    handle: async ({ query }) => {
      const { status, severity, token_hash, order, limit, offset, ...rest } = query;
      const filter = { statuses: status, severities: severity, tokenHash: token_hash, ...rest };
      const page = await readQueue(db, withoutUndefined(filter), { order, limit, offset });
      return ok({
        incidents: page.rows.map(incidentView),
        total: page.total,
        by_status: counts(statusSchema.options, page.byStatus),
        by_severity: counts(SEVERITIES, page.bySeverity),
      });
    },
  });
}

/** Everything that one incident's page shows, or null when there is no such incident. */
async function wholeIncident(
  db: Db,
  id: string,
): Promise<z.infer<typeof incidentViewSchema> | null> {
  const [events, deliveries] = await Promise.all([
    readEvents(db, id),
    listDeliveries(db, { incidentIds: [id], limit: 500 }),
  ]);
  if (events.length === 0) return null;
  const incident = fold(events);
  return {
    incident: incidentView(rowOfIncident(incident)),
    findings: incident.findings.map((finding) => findingView({ ...incident, ...finding })),
    containment: containmentView(incident.containment),
    members: incident.members.map((member) => ({
      incident_id: member.member,
      token_hash: member.tokenHash,
      client: member.clientId,
      severity: member.severity,
      score: member.score,
    })),
    story: storyOf(events, deliveries),
    deliveries: deliveries.map(deliveryView),
  };
}

function oneOperation({ db }: ApiContext): Operation {
  return operation({
    id: 'getIncident',
    method: 'GET',
    path: '/api/v1/incidents/{id}',
    tag: 'incidents',
    summary: 'One incident with its findings, story and deliveries',
    access: 'viewer',
    params: idParams,
    answer: incidentViewSchema,
    handle: async ({ params }) => {
      const whole = await wholeIncident(db, params.id);
      return whole === null ? refuse(404, 'There is no incident with this id.') : ok(whole);
    },
  });
}

function transitionOperation({ db, now, newId, audit }: ApiContext): Operation {
  return operation({
    id: 'transitionIncident',
    method: 'POST',
    path: '/api/v1/incidents/{id}/transitions',
    tag: 'incidents',
    summary: 'Acknowledge, assign, comment, resolve, call false or reopen',
    access: 'responder',
    params: idParams,
    body: transitionSchema,
    answer: incidentViewSchema,
    handle: async ({ params, body, caller }) => {
      const incident = await readIncident(db, params.id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const doing = { id: newId(), actor: caller.actor, at: now() };
      const event = transitionEvent(incident, body, doing);
      if ('title' in event) return { ok: false, problem: event };
      await appendEvents(db, [event]);
      await audit.record([auditOfTransition(event)]);
      const whole = await wholeIncident(db, params.id);
      return whole === null ? refuse(404, 'There is no incident with this id.') : ok(whole);
    },
  });
}

const bulkBody = z.object({
  ids: z.array(z.string().min(1).max(64)).min(1).max(200),
  transition: transitionSchema,
});

const bulkAnswer = z.object({
  done: z.array(z.string()),
  /** Ids to which it does not apply, and why. */
  refused: z.array(z.object({ id: z.string(), detail: z.string() })),
});

function bulkOperation({ db, now, newId, audit }: ApiContext): Operation {
  return operation({
    id: 'transitionIncidents',
    method: 'POST',
    path: '/api/v1/incidents/transitions',
    tag: 'incidents',
    summary: 'One transition of up to 200 incidents; each stands or fails by itself',
    access: 'responder',
    body: bulkBody,
    answer: bulkAnswer,
    handle: async ({ body, caller }) => {
      const found = new Map<string, Incident>();
      for (const incident of await readIncidents(db, body.ids)) found.set(incident.id, incident);
      const answer: z.infer<typeof bulkAnswer> = { done: [], refused: [] };
      const events = [...new Set(body.ids)].flatMap((id) => {
        const incident = found.get(id);
        const doing = { id: newId(), actor: caller.actor, at: now() };
        const event =
          incident === undefined
            ? refuse(404, 'There is no incident with this id.').problem
            : transitionEvent(incident, body.transition, doing);
        if ('title' in event) {
          answer.refused.push({ id, detail: event.detail });
          return [];
        }
        answer.done.push(id);
        return [event];
      });
      await appendEvents(db, events);
      await audit.record(events.map(auditOfTransition));
      return ok(answer);
    },
  });
}

const relatedAnswer = z.object({
  related: z.array(
    z
      .object({
        /** The same token (or client, ...), campaign or client; or the same kind at the same time. */
        tie: z.enum(TIES),
        incident: incidentSchema,
      })
      .meta({ id: 'RelatedIncident' }),
  ),
});

function relatedOperation({ db }: ApiContext): Operation {
  return operation({
    id: 'listRelatedIncidents',
    method: 'GET',
    path: '/api/v1/incidents/{id}/related',
    tag: 'incidents',
    summary: 'Other incidents that it may have to do with, the closest ties first',
    access: 'viewer',
    params: idParams,
    answer: relatedAnswer,
    handle: async ({ params }) => {
      const incident = await readIncident(db, params.id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const related = await readRelated(db, incident, 20);
      return ok({
        related: related.map(({ tie, incident: row }) => ({ tie, incident: incidentView(row) })),
      });
    },
  });
}

/** Incidents: the queue, one, and what people decide about them. */
export function incidentOperations(context: ApiContext): Operation[] {
  return [
    listOperation(context),
    oneOperation(context),
    relatedOperation(context),
    transitionOperation(context),
    bulkOperation(context),
  ];
}
