import { z } from 'zod';
import type { BlastRadius } from '../../model/blast-radius.ts';
import type { Incident } from '../../model/incident.ts';
import type { IncidentChange } from '../../model/incident-event.ts';
import { appendEvents, readEvents, readIncident } from '../../store/incidents/events.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { readBlastRadius } from '../../store/responses/blast-radius.ts';
import { readRevocationStop, writeRevocationStop } from '../../store/responses/stop.ts';
import type { ApiContext } from './context.ts';
import { hashText } from './inputs.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation, Problem } from './operation.ts';
import { responseStateSchema } from './schemas.ts';

const blastSchema = z
  .object({
    calls_per_day: z.int(),
    routes: z.array(z.object({ route: z.string(), calls_per_day: z.int() })),
    services: z.array(z.string()),
    other_live_tokens: z.int(),
  })
  .meta({ id: 'BlastRadius' });

const revocationSchema = z
  .object({
    token_hash: z.string(),
    /** The incident that carries it, or '' when the token has none that is open. */
    incident_id: z.string(),
    state: responseStateSchema,
    /** As configured: off, approve or auto. */
    mode: z.enum(['off', 'approve', 'auto']),
    dry_run: z.boolean(),
    second_person: z.boolean(),
    /** The global stop is set. */
    stopped: z.boolean(),
    requested_by: z.string(),
    blast_radius: blastSchema,
  })
  .meta({ id: 'Revocation' });

const body = z.object({
  action: z.enum(['request', 'approve', 'refuse']),
  reason: z.string().trim().max(2_000).default(''),
});

function blastView(blast: BlastRadius | undefined): z.infer<typeof blastSchema> {
  return {
    calls_per_day: blast?.callsPerDay ?? 0,
    routes: (blast?.routes ?? []).map((one) => ({
      route: one.route,
      calls_per_day: one.callsPerDay,
    })),
    services: blast?.services ?? [],
    other_live_tokens: blast?.otherLiveTokens ?? 0,
  };
}

/** The token's latest incident that is not closed, or that a revocation is under way on. */
async function incidentOf({ db }: ApiContext, tokenHash: string): Promise<Incident | null> {
  const rows = await listIncidents(db, { tokenHash, order: 'updated', limit: 20 });
  const found =
    rows.find(({ status }) => status === 'open' || status === 'acknowledged') ??
    rows.find(({ response }) => response !== 'none');
  return found === undefined ? null : readIncident(db, found.id);
}

async function view(
  context: ApiContext,
  tokenHash: string,
  incident: Incident | null,
): Promise<z.infer<typeof revocationSchema>> {
  const { db, config, now } = context;
  const [stop, blast, events] = await Promise.all([
    readRevocationStop(db),
    readBlastRadius(db, [tokenHash], now()),
    incident === null ? [] : readEvents(db, incident.id),
  ]);
  const { mode, dry_run, second_person } = config.alerting.revocation;
  const request = events.findLast(({ kind }) => kind === 'response_requested');
  return {
    token_hash: tokenHash,
    incident_id: incident?.id ?? '',
    state: incident?.response ?? 'none',
    ...{ mode, dry_run, second_person, stopped: stop.stopped },
    requested_by: request?.actor ?? '',
    blast_radius: blastView(blast.get(tokenHash)),
  };
}

const params = z.object({ hash: hashText });

function look(context: ApiContext): Operation {
  return operation({
    id: 'getRevocation',
    method: 'GET',
    path: '/api/v1/tokens/{hash}/revocation',
    tag: 'tokens',
    summary: 'How far a revocation has come, and what it would hit',
    access: 'viewer',
    params,
    answer: revocationSchema,
    handle: async ({ params: { hash } }) =>
      ok(await view(context, hash, await incidentOf(context, hash))),
  });
}

/** What a step changes, or why it does not apply; the policy has the last word, in alerting. */
function changeOf(
  incident: Incident,
  step: z.output<typeof body>,
  mode: 'off' | 'approve' | 'auto',
): IncidentChange | Problem {
  const response = 'revocation' as const;
  if (mode === 'off') return refuse(409, 'Revocation is off: alerting.revocation.mode.').problem;
  const { response: state } = incident;
  if (step.action === 'request') {
    if (['requested', 'approved', 'sent', 'confirmed'].includes(state)) {
      return refuse(409, `The revocation is ${state} already.`).problem;
    }
    return { kind: 'response_requested', response, reason: step.reason };
  }
  if (state !== 'requested') return refuse(409, 'No revocation waits for approval.').problem;
  return step.action === 'approve'
    ? { kind: 'response_approved', response }
    : { kind: 'response_refused', response, reason: step.reason };
}

function act(context: ApiContext): Operation {
  const { db, now, newId, config, audit } = context;
  return operation({
    id: 'stepRevocation',
    method: 'POST',
    path: '/api/v1/tokens/{hash}/revocation',
    tag: 'tokens',
    summary: 'Ask for a revocation, approve it or refuse it',
    access: 'responder',
    params,
    body,
    answer: revocationSchema,
    handle: async ({ params: { hash }, body: step, caller }) => {
      const incident = await incidentOf(context, hash);
      if (incident === null) return refuse(409, 'The token has no open incident to revoke it for.');
      const change = changeOf(incident, step, config.alerting.revocation.mode);
      if ('title' in change) return { ok: false, problem: change };
      const at = Math.max(now(), incident.updatedAt + 1);
      const event = { id: newId(), incidentId: incident.id, at, actor: caller.actor, ...change };
      const [after] = await appendEvents(db, [event]);
      await audit.record([
        {
          actor: caller.actor,
          action: `incident.${change.kind}`,
          subject: `incident:${incident.id}`,
          detail: { event: event.id, reason: step.reason },
        },
      ]);
      return ok(await view(context, hash, after ?? incident));
    },
  });
}

const stopSchema = z
  .object({ stopped: z.boolean(), by: z.string(), reason: z.string() })
  .meta({ id: 'RevocationStop' });

function readStop({ db }: ApiContext): Operation {
  return operation({
    id: 'getRevocationStop',
    method: 'GET',
    path: '/api/v1/revocation-stop',
    tag: 'tokens',
    summary: 'Whether all revocations are stopped',
    access: 'viewer',
    answer: stopSchema,
    handle: async () => {
      const { stopped, by, reason } = await readRevocationStop(db);
      return ok({ stopped, by, reason });
    },
  });
}

function writeStop({ db, now, audit }: ApiContext): Operation {
  return operation({
    id: 'setRevocationStop',
    method: 'PUT',
    path: '/api/v1/revocation-stop',
    tag: 'tokens',
    summary: 'Stop all revocations, or let them go on',
    access: 'admin',
    body: z.object({ stopped: z.boolean(), reason: z.string().trim().max(2_000).default('') }),
    answer: stopSchema,
    handle: async ({ body: { stopped, reason }, caller }) => {
      await writeRevocationStop(db, { stopped, by: caller.actor, reason, at: now() });
      const action = stopped ? 'revocation.stopped' : 'revocation.resumed';
      const { actor } = caller;
      await audit.record([{ actor, action, subject: 'revocation', detail: { reason } }]);
      return ok({ stopped, by: actor, reason });
    },
  });
}

/** Revocation: what it would hit, who asks, who approves, and the stop for all. */
export function revocationOperations(context: ApiContext): Operation[] {
  return [look(context), act(context), readStop(context), writeStop(context)];
}
