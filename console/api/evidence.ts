import { z } from 'zod';
import type { Incident } from '../../model/incident.ts';
import type { FindingSummary } from '../../model/incident-event.ts';
import { readActivity, readCalls } from '../../store/console/activity.ts';
import type { About } from '../../store/console/activity.ts';
import { readPlaces } from '../../store/console/places.ts';
import type { Place } from '../../store/console/places.ts';
import { readIncident } from '../../store/incidents/events.ts';
import type { ApiContext } from './context.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { iso } from './views.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How much of the time before and after is shown, in steps of the window that a finding judged. */
const STEPS_BEFORE = 60;
const STEPS_AFTER = 12;

const idParams = z.object({ id: z.string().min(1).max(64) });

const bucketSchema = z
  .object({ at: z.string(), calls: z.int(), denied: z.int() })
  .meta({ id: 'Bucket' });

/** What a step of a chart is compared with, in calls a step. */
const bandSchema = z
  .object({
    low: z.number(),
    high: z.number(),
    peers: z.number().nullable(),
    threshold: z.number().nullable(),
  })
  .meta({ id: 'Band' });

const activitySchema = z
  .object({
    /** Milliseconds. */
    step: z.int(),
    buckets: z.array(bucketSchema),
    /** Null where no finding on the volume judged steps of this length. */
    band: bandSchema.nullable(),
    windows: z.array(z.object({ finding_id: z.string(), start: z.string(), end: z.string() })),
  })
  .meta({ id: 'Activity' });

const callSchema = z
  .object({
    at: z.string(),
    service: z.string(),
    environment: z.string(),
    method: z.string(),
    route: z.string(),
    scope: z.string(),
    status: z.int(),
    auth_result: z.string(),
    country: z.string(),
    asn: z.int(),
    network_kind: z.string(),
    user_agent: z.string(),
    trace_id: z.string(),
  })
  .meta({ id: 'Call' });

function aboutOf({ entity, tokenHash, clientId, name, campaignOf }: Incident): About | null {
  if (campaignOf?.kind === 'network') return null;
  if (entity === 'endpoint') return { endpoint: name };
  if (entity === 'service') return { service: name };
  if (tokenHash !== '') return { tokenHash };
  return clientId === '' ? null : { clientId };
}

/** The finding whose windows a chart is drawn in: the strongest on the volume, else the strongest. */
function leading(incident: Incident): FindingSummary | undefined {
  const byBits = incident.findings.toSorted((a, b) => b.bits - a.bits);
  return byBits.find(isBand) ?? byBits[0];
}

function isBand({ family, evidence }: FindingSummary): boolean {
  return family === 'volume' && typeof evidence.usual === 'object';
}

/** The step of the chart: the judged window where it is of a drawable length. */
function stepOf(finding: FindingSummary): number {
  const window = finding.windowEnd - finding.windowStart;
  return window >= MINUTE && window <= 24 * HOUR ? window : 5 * MINUTE;
}

function rangeOf(
  incident: Incident,
  finding: FindingSummary,
  now: number,
): { from: number; to: number; step: number } {
  const step = stepOf(finding);
  const last = Math.max(...incident.findings.map((f) => f.windowEnd));
  const end = Math.min(now, last + STEPS_AFTER * step);
  // Steps lie on the judged window, so that its count is the one that the finding states.
  const from = finding.windowStart - STEPS_BEFORE * step;
  const steps = Math.min(600, Math.max(1, Math.ceil((end - from) / step)));
  return { from, to: from + steps * step, step };
}

function bandOf(finding: FindingSummary, step: number): z.infer<typeof bandSchema> | null {
  const { usual, peers, threshold } = finding.evidence;
  const judgedSteps = finding.windowEnd - finding.windowStart === step;
  if (!judgedSteps || !isBand(finding) || typeof usual !== 'object') return null;
  return { ...usual, peers: peers ?? null, threshold: threshold ?? null };
}

function activity({ db, now }: ApiContext): Operation {
  return operation({
    id: 'getIncidentActivity',
    method: 'GET',
    path: '/api/v1/incidents/{id}/activity',
    tag: 'incidents',
    summary: 'Calls before, during and after, against what was expected',
    access: 'viewer',
    params: idParams,
    answer: activitySchema,
    handle: async ({ params }) => {
      const incident = await readIncident(db, params.id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const [about, finding] = [aboutOf(incident), leading(incident)];
      if (about === null || finding === undefined) {
        return ok({ step: MINUTE, buckets: [], band: null, windows: [] });
      }
      const range = rangeOf(incident, finding, now());
      const buckets = await readActivity(db, about, range);
      return ok({
        step: range.step,
        buckets: buckets.map(({ at, calls, denied }) => ({ at: iso(at), calls, denied })),
        band: bandOf(finding, range.step),
        windows: incident.findings.map((f) => ({
          finding_id: f.id,
          start: iso(f.windowStart),
          end: iso(f.windowEnd),
        })),
      });
    },
  });
}

function calls({ db }: ApiContext): Operation {
  return operation({
    id: 'listIncidentCalls',
    method: 'GET',
    path: '/api/v1/incidents/{id}/calls',
    tag: 'incidents',
    summary: 'The calls behind an incident, latest first',
    access: 'viewer',
    params: idParams,
    query: z.object({ limit: z.coerce.number<string>().int().min(1).max(500).default(50) }),
    answer: z.object({ calls: z.array(callSchema) }),
    handle: async ({ params, query }) => {
      const incident = await readIncident(db, params.id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const about = aboutOf(incident);
      if (about === null || incident.findings.length === 0) return ok({ calls: [] });
      const rows = await readCalls(db, about, {
        from: Math.min(...incident.findings.map((f) => f.firstCallAt)),
        to: Math.max(...incident.findings.map((f) => f.windowEnd)),
        limit: query.limit,
      });
      return ok({
        calls: rows.map(({ at, authResult, networkKind, userAgent, traceId, ...row }) => ({
          ...row,
          at: iso(at),
          auth_result: authResult,
          network_kind: networkKind,
          user_agent: userAgent,
          trace_id: traceId,
        })),
      });
    },
  });
}

const placeSchema = z
  .object({ country: z.string(), calls: z.int(), first_at: z.string() })
  .meta({ id: 'Place' });

/** Where calls came from before is looked at for so long, ms. */
const PLACES_BEFORE = 14 * 24 * HOUR;

function placeView({ country, calls: n, firstAt }: Place): z.infer<typeof placeSchema> {
  return { country, calls: n, first_at: iso(firstAt) };
}

function places({ db }: ApiContext): Operation {
  return operation({
    id: 'getIncidentPlaces',
    method: 'GET',
    path: '/api/v1/incidents/{id}/places',
    tag: 'incidents',
    summary: 'Countries that calls came from: in the fortnight before, and behind the incident',
    access: 'viewer',
    params: idParams,
    answer: z.object({ before: z.array(placeSchema), during: z.array(placeSchema) }),
    handle: async ({ params }) => {
      const incident = await readIncident(db, params.id);
      if (incident === null) return refuse(404, 'There is no incident with this id.');
      const about = aboutOf(incident);
      if (about === null || incident.findings.length === 0) return ok({ before: [], during: [] });
      const from = Math.min(...incident.findings.map((f) => f.firstCallAt));
      const to = Math.max(...incident.findings.map((f) => f.windowEnd));
      const [before, during] = await Promise.all([
        readPlaces(db, about, { from: from - PLACES_BEFORE, to: from }),
        readPlaces(db, about, { from, to }),
      ]);
      return ok({ before: before.map(placeView), during: during.map(placeView) });
    },
  });
}

/** What an incident rests on: the calls, counted, placed and one by one. */
export function evidenceOperations(context: ApiContext): Operation[] {
  return [activity(context), calls(context), places(context)];
}
