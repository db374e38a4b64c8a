import { z } from 'zod';
import { ENTITIES } from '../../model/finding.ts';
import { WHAT_IF_DAYS, WHAT_IF_WAITING, isOver } from '../../model/what-if.ts';
import type { WhatIf, WhatIfIncident, WhatIfResult } from '../../model/what-if.ts';
import { readDetections } from '../../store/console/detections.ts';
import { appendWhatIfStep, listWhatIfs, readWhatIf } from '../../store/what-if/questions.ts';
import { readDetectionSettings, writeDetectionSetting } from '../../store/what-if/settings.ts';
import type { ApiContext } from './context.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation, Problem } from './operation.ts';
import { severitySchema, statusSchema } from './schemas.ts';
import { iso } from './views.ts';

const parametersSchema = z
  .record(z.string().max(100), z.number())
  .refine((parameters) => Object.keys(parameters).length <= 50, 'expected at most 50');

const incidentSchema = z
  .object({
    entity: z.enum(ENTITIES),
    token_hash: z.string(),
    client: z.string(),
    name: z.string(),
    title: z.string(),
    explanation: z.string(),
    severity: severitySchema,
    score: z.number(),
    opened_at: z.string(),
    detections: z.array(z.string()),
    /** The stored incident of the same thing at that time, or ''. */
    incident_id: z.string(),
    status: z.union([statusSchema, z.literal('')]),
  })
  .meta({ id: 'WhatIfIncident' });

const resultSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    before: z.int(),
    after: z.int(),
    kept: z.int(),
    /** Of those that are kept: with another severity. */
    changed: z.int(),
    gained_total: z.int(),
    lost_total: z.int(),
    /** The gravest. */
    gained: z.array(incidentSchema),
    lost: z.array(incidentSchema),
  })
  .meta({ id: 'WhatIfResult' });

const whatIfSchema = z
  .object({
    id: z.string(),
    detection: z.string(),
    parameters: z.record(z.string(), z.number()),
    days: z.int(),
    asked_by: z.string(),
    asked_at: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
    /** 0 to 1. */
    share: z.number(),
    reason: z.string(),
    result: resultSchema.nullable(),
  })
  .meta({ id: 'WhatIf' });

function incidentView(one: WhatIfIncident): z.infer<typeof incidentSchema> {
  const { tokenHash, clientId, openedAt, incidentId, ...rest } = one;
  return {
    ...rest,
    ...{ token_hash: tokenHash, client: clientId, incident_id: incidentId },
    opened_at: iso(openedAt),
  };
}

function resultView(result: WhatIfResult): z.infer<typeof resultSchema> {
  const { from, to, before, after, kept, changed } = result;
  return {
    ...{ from: iso(from), to: iso(to), before, after, kept, changed },
    ...{ gained_total: result.gainedTotal, lost_total: result.lostTotal },
    gained: result.gained.map(incidentView),
    lost: result.lost.map(incidentView),
  };
}

function view(whatIf: WhatIf): z.infer<typeof whatIfSchema> {
  const { id, detection, parameters, days, state, share, reason } = whatIf;
  return {
    ...{ id, detection, parameters, days, state, share, reason },
    ...{ asked_by: whatIf.by, asked_at: iso(whatIf.askedAt) },
    result: whatIf.result === null ? null : resultView(whatIf.result),
  };
}

/** What is wrong with parameters for a detection, or null. */
async function wrongWith(
  { db, now }: ApiContext,
  detection: string,
  parameters: Record<string, number>,
): Promise<Problem | null> {
  const found = (await readDetections(db, now())).find(({ id }) => id === detection);
  if (found === undefined) return refuse(404, 'There is no such detection.').problem;
  const declared = JSON.parse(found.parameters || '{}') as Record<string, unknown>;
  for (const [name, value] of Object.entries(parameters)) {
    const usual = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (typeof usual !== 'number') {
      return refuse(400, `parameters: ${detection} has no such number.`).problem;
    }
    // Further off it is a slip of the keyboard, or an alarm that is switched off unseen.
    const bounded = value >= Math.min(0, usual) && value <= Math.max(1, Math.abs(usual)) * 100;
    if (!bounded)
      return refuse(400, `parameters.${name}: expected 0 to 100 times ${usual}.`).problem;
  }
  return null;
}

const params = z.object({ id: z.string().min(1).max(64) });

function ask(context: ApiContext): Operation {
  const { db, newId } = context;
  return operation({
    id: 'askWhatIf',
    method: 'POST',
    path: '/api/v1/what-if',
    tag: 'detections',
    summary: 'Try other parameters of a detection on the last days; a detector answers',
    access: 'responder',
    body: z.object({
      detection: z.string().min(1).max(200),
      parameters: parametersSchema,
      days: z.int().min(1).max(WHAT_IF_DAYS).default(7),
    }),
    answer: whatIfSchema,
    handle: async ({ body, caller }) => {
      const wrong = await wrongWith(context, body.detection, body.parameters);
      if (wrong !== null) return { ok: false, problem: wrong };
      const waiting = (await listWhatIfs(db, 50)).filter((one) => !isOver(one));
      if (waiting.length >= WHAT_IF_WAITING) {
        return refuse(429, `${String(WHAT_IF_WAITING)} questions wait already: cancel one.`);
      }
      const id = newId();
      await appendWhatIfStep(db, id, { kind: 'asked', ...body, by: caller.actor });
      const asked = await readWhatIf(db, id);
      return asked === null ? refuse(503, 'The question was not kept.') : ok(view(asked));
    },
  });
}

function list({ db }: ApiContext): Operation {
  return operation({
    id: 'listWhatIf',
    method: 'GET',
    path: '/api/v1/what-if',
    tag: 'detections',
    summary: 'Questions of the last week, the latest first; without their results',
    access: 'viewer',
    answer: z.object({ questions: z.array(whatIfSchema) }),
    handle: async () => ok({ questions: (await listWhatIfs(db, 50)).map(view) }),
  });
}

function look({ db }: ApiContext): Operation {
  return operation({
    id: 'getWhatIf',
    method: 'GET',
    path: '/api/v1/what-if/{id}',
    tag: 'detections',
    summary: 'How far the answer has come, and the answer',
    access: 'viewer',
    params,
    answer: whatIfSchema,
    handle: async ({ params: { id } }) => {
      const found = await readWhatIf(db, id);
      return found === null ? refuse(404, 'There is no such question.') : ok(view(found));
    },
  });
}

function cancel({ db }: ApiContext): Operation {
  return operation({
    id: 'cancelWhatIf',
    method: 'DELETE',
    path: '/api/v1/what-if/{id}',
    tag: 'detections',
    summary: 'Do not answer, or stop answering',
    access: 'responder',
    params,
    answer: whatIfSchema,
    handle: async ({ params: { id }, caller }) => {
      const found = await readWhatIf(db, id);
      if (found === null) return refuse(404, 'There is no such question.');
      if (isOver(found)) return refuse(409, `The question is ${found.state} already.`);
      await appendWhatIfStep(db, id, { kind: 'cancelled', by: caller.actor });
      return ok(view((await readWhatIf(db, id)) ?? found));
    },
  });
}

const settingSchema = z
  .object({
    detection: z.string(),
    /** What differs from the declared. */
    parameters: z.record(z.string(), z.number()),
    set_by: z.string(),
    set_at: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'DetectionSetting' });

function settings({ db }: ApiContext): Operation {
  return operation({
    id: 'listDetectionSettings',
    method: 'GET',
    path: '/api/v1/detection-settings',
    tag: 'detections',
    summary: 'Parameters that somebody set over the declared ones',
    access: 'viewer',
    answer: z.object({ settings: z.array(settingSchema) }),
    handle: async () => {
      const rows = await readDetectionSettings(db);
      return ok({
        settings: rows.map(({ by, at, ...row }) => ({ ...row, set_by: by, set_at: iso(at) })),
      });
    },
  });
}

function set(context: ApiContext): Operation {
  const { db, now, audit } = context;
  return operation({
    id: 'setDetectionParameters',
    method: 'PUT',
    path: '/api/v1/detections/{id}/parameters',
    tag: 'detections',
    summary: 'Set parameters over the declared ones; an empty object takes all back',
    access: 'admin',
    params: z.object({ id: z.string().min(1).max(200) }),
    body: z.object({
      parameters: parametersSchema,
      reason: z.string().trim().max(2_000).default(''),
    }),
    answer: settingSchema,
    handle: async ({ params: { id }, body: { parameters, reason }, caller }) => {
      const wrong = await wrongWith(context, id, parameters);
      if (wrong !== null) return { ok: false, problem: wrong };
      const { actor } = caller;
      const at = now();
      await writeDetectionSetting(db, { detection: id, parameters, by: actor, at, reason });
      const subject = `detection:${id}`;
      const detail = { parameters, reason };
      await audit.record([{ actor, action: 'detection.parameters', subject, detail }]);
      return ok({ detection: id, parameters, set_by: actor, set_at: iso(at), reason });
    },
  });
}

/** Parameters of detections: tried on the past, and set. */
export function whatIfOperations(context: ApiContext): Operation[] {
  return [
    ask(context),
    list(context),
    look(context),
    cancel(context),
    settings(context),
    set(context),
  ];
}
