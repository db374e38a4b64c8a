import { z } from 'zod';
import { readIncident } from '../../store/incidents/events.ts';
import type { ApiContext } from './context.ts';
import { incidentMarkdown } from './markdown.ts';
import { detectionFinding } from './ocsf.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';

const params = z.object({ id: z.string().min(1).max(64) });

function ocsf({ db, now, version }: ApiContext): Operation {
  return operation({
    id: 'exportIncidentOcsf',
    method: 'GET',
    path: '/api/v1/incidents/{id}/ocsf',
    tag: 'incidents',
    summary: 'One incident as an OCSF 1.9 Detection Finding',
    access: 'viewer',
    params,
    answer: z.record(z.string(), z.unknown()),
    handle: async ({ params: { id }, reply }) => {
      const incident = await readIncident(db, id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const name = `tokenwatch-${incident.id.replace(/[^\w-]/g, '')}.ocsf.json`;
      void reply.header('content-disposition', `attachment; filename="${name}"`);
      return ok(detectionFinding(incident, { at: now(), version }));
    },
  });
}

function markdown({ db, config }: ApiContext): Operation {
  return operation({
    id: 'exportIncidentMarkdown',
    method: 'GET',
    path: '/api/v1/incidents/{id}/markdown',
    tag: 'incidents',
    summary: 'One incident as Markdown, for a ticket or a chat',
    access: 'viewer',
    params,
    media: 'text/markdown',
    handle: async ({ params: { id }, reply, request }) => {
      const incident = await readIncident(db, id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const base = config.console.url ?? `http://${request.headers.host ?? ''}`;
      const text = incidentMarkdown(incident, `${base.replace(/\/$/, '')}/incidents/${id}`);
      await reply.type('text/markdown; charset=utf-8').send(text);
      return undefined;
    },
  });
}

/** Incidents in the forms of other tools. */
export function exportOperations(context: ApiContext): Operation[] {
  return [ocsf(context), markdown(context)];
}
