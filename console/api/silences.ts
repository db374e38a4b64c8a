import { z } from 'zod';
import { SEVERITIES } from '../../model/severity.ts';
import type { Silence, SilenceMatch } from '../../model/silence.ts';
import { previewSilence } from '../../store/silences/preview.ts';
import { listSilences, writeSilence } from '../../store/silences/silences.ts';
import type { ApiContext } from './context.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { incidentSchema } from './schemas.ts';
import { incidentView, iso } from './views.ts';

const DAY = 86_400_000;
/** A silence is for a known disturbance, not for good. */
const LONGEST = 90 * DAY;

const pattern = z.string().trim().min(1).max(400);

const matchSchema = z
  .strictObject({
    min_severity: z.enum(SEVERITIES).optional(),
    detection: pattern.optional(),
    client: pattern.optional(),
    service: pattern.optional(),
    environment: pattern.optional(),
    token: pattern.optional(),
  })
  .refine((match) => Object.values(match).some((value) => value !== undefined), {
    message: 'a silence that matches everything is not taken; name at least one thing',
  })
  .meta({ id: 'SilenceMatch' });

const silenceSchema = z
  .object({
    id: z.string(),
    match: z.record(z.string(), z.unknown()),
    owner: z.string(),
    comment: z.string(),
    created_at: z.string(),
    starts_at: z.string(),
    ends_at: z.string(),
    active: z.boolean(),
  })
  .meta({ id: 'Silence' });

function view(silence: Silence, now: number): z.infer<typeof silenceSchema> {
  return {
    id: silence.id,
    match: silence.match as Record<string, unknown>,
    owner: silence.owner,
    comment: silence.comment,
    created_at: iso(silence.createdAt),
    starts_at: iso(silence.startsAt),
    ends_at: iso(silence.endsAt),
    active: silence.startsAt <= now && now < silence.endsAt,
  };
}

function list({ db, now }: ApiContext): Operation {
  return operation({
    id: 'listSilences',
    method: 'GET',
    path: '/api/v1/silences',
    tag: 'silences',
    summary: 'Silences in force, to come, and of the last 30 days',
    access: 'viewer',
    answer: z.object({ silences: z.array(silenceSchema) }),
    handle: async () => {
      const rows = await listSilences(db, now() - 30 * DAY);
      return ok({ silences: rows.map((row) => view(row, now())) });
    },
  });
}

function preview({ db, now }: ApiContext): Operation {
  return operation({
    id: 'previewSilence',
    method: 'POST',
    path: '/api/v1/silences/preview',
    tag: 'silences',
    summary: 'Which incidents of the last 7 days a silence would have kept quiet',
    access: 'responder',
    body: z.object({ match: matchSchema }),
    answer: z.object({
      matched: z.int(),
      of: z.int(),
      examples: z.array(incidentSchema),
    }),
    handle: async ({ body }) => {
      const { matched, of } = await previewSilence(db, body.match, now());
      return ok({
        matched: matched.length,
        of,
        examples: matched.slice(0, 10).map(incidentView),
      });
    },
  });
}

function create({ db, now, newId, audit }: ApiContext): Operation {
  return operation({
    id: 'createSilence',
    method: 'POST',
    path: '/api/v1/silences',
    tag: 'silences',
    summary: 'Keep quiet about what matches, until an end',
    access: 'responder',
    body: z.object({
      match: matchSchema,
      comment: z.string().trim().min(1, 'say why').max(2_000),
      starts_at: z.iso.datetime({ offset: true }).optional(),
      ends_at: z.iso.datetime({ offset: true }),
    }),
    answer: silenceSchema,
    handle: async ({ body, caller }) => {
      const at = now();
      const startsAt = body.starts_at === undefined ? at : Date.parse(body.starts_at);
      const endsAt = Date.parse(body.ends_at);
      if (endsAt <= Math.max(at, startsAt)) return refuse(400, 'body ends_at: it is over already');
      if (endsAt - at > LONGEST) return refuse(400, 'body ends_at: at most 90 days from now');
      const match = body.match as SilenceMatch;
      const { comment } = body;
      const times = { createdAt: at, startsAt, endsAt };
      const silence: Silence = { id: newId(), match, owner: caller.actor, comment, ...times };
      await writeSilence(db, silence, at);
      await audit.record([
        {
          actor: caller.actor,
          action: 'silence.created',
          subject: `silence:${silence.id}`,
          detail: { match: JSON.stringify(match), comment, until: endsAt },
        },
      ]);
      return ok(view(silence, at));
    },
  });
}

function end({ db, now, audit }: ApiContext): Operation {
  return operation({
    id: 'endSilence',
    method: 'DELETE',
    path: '/api/v1/silences/{id}',
    tag: 'silences',
    summary: 'End a silence now',
    access: 'responder',
    params: z.object({ id: z.string().min(1).max(100) }),
    answer: silenceSchema,
    handle: async ({ params, caller }) => {
      const at = now();
      const found = (await listSilences(db, at)).find(({ id }) => id === params.id);
      if (found === undefined) return refuse(404, 'There is no such silence in force or to come.');
      const ended = { ...found, endsAt: at, startsAt: Math.min(found.startsAt, at) };
      await writeSilence(db, ended, at);
      await audit.record([
        {
          ...{ actor: caller.actor, action: 'silence.ended', subject: `silence:${found.id}` },
          detail: {},
        },
      ]);
      return ok(view(ended, at));
    },
  });
}

/** Silences: what they would have hidden, and who answers for them. */
export function silenceOperations(context: ApiContext): Operation[] {
  return [list(context), preview(context), create(context), end(context)];
}
