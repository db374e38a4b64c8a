import { z } from 'zod';
import type { KeyRow } from '../../store/console/keys.ts';
import { works } from '../auth/keys.ts';
import { ROLES } from '../auth/roles.ts';
import type { ApiContext } from './context.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { iso } from './views.ts';

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.string(),
    created_by: z.string(),
    created_at: z.string(),
    expires_at: z.string(),
    state: z.enum(['active', 'expired', 'revoked']),
  })
  .meta({ id: 'ApiKey' });

function view(row: KeyRow, at: number): z.infer<typeof keySchema> {
  const { id, name, role, revoked } = row;
  const over = revoked ? 'revoked' : 'expired';
  return {
    ...{ id, name, role, created_by: row.createdBy },
    created_at: iso(row.createdAt),
    expires_at: iso(row.expiresAt),
    state: works(row, at) ? 'active' : over,
  };
}

function list({ keys, now }: ApiContext): Operation {
  return operation({
    id: 'listKeys',
    method: 'GET',
    path: '/api/v1/keys',
    tag: 'keys',
    summary: 'API keys of programs, those that work first',
    access: 'admin',
    answer: z.object({ keys: z.array(keySchema) }),
    handle: async () => {
      const at = now();
      return ok({ keys: (await keys.list(at)).map((row) => view(row, at)) });
    },
  });
}

const newKeyBody = z.strictObject({
  /** Histories name the key by it, so it cannot pass for the key of the environment. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'expected letters, digits, dots and hyphens, 64 at most')
    .refine((name) => name.toLowerCase() !== 'admin', 'this name is that of TOKENWATCH_ADMIN_KEY'),
  role: z.enum(ROLES),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});

function create({ keys, now, audit }: ApiContext): Operation {
  return operation({
    id: 'createKey',
    method: 'POST',
    path: '/api/v1/keys',
    tag: 'keys',
    summary: 'Make an API key; it is in this answer and nowhere else',
    access: 'admin',
    perMinute: 30,
    body: newKeyBody,
    answer: z.object({ key: z.string(), about: keySchema }),
    handle: async ({ body: { name, role, expires_at: expires }, caller: { actor } }) => {
      const at = now();
      const expiresAt = expires === undefined ? 0 : Date.parse(expires);
      if (expires !== undefined && expiresAt <= at) {
        return refuse(400, 'body expires_at: it is over already');
      }
      const made = await keys.create({ name, role, createdBy: actor, expiresAt }, at);
      if (made === 'taken') return refuse(409, 'A key that works has this name already.');
      if (made === 'too many') return refuse(409, 'There are as many keys as there may be.');
      const detail = { name, role, expires: iso(expiresAt) };
      const subject = `key:${made.row.id}`;
      await audit.record([{ actor, action: 'key.created', subject, detail }]);
      return ok({ key: made.key, about: view(made.row, at) });
    },
  });
}

function revoke({ keys, now, audit }: ApiContext): Operation {
  return operation({
    id: 'revokeKey',
    method: 'DELETE',
    path: '/api/v1/keys/{id}',
    tag: 'keys',
    summary: 'End an API key now',
    access: 'admin',
    params: z.object({ id: z.string().min(1).max(100) }),
    answer: keySchema,
    handle: async ({ params: { id }, caller: { actor } }) => {
      const at = now();
      const row = await keys.revoke(id, at);
      if (row === null) return refuse(404, 'There is no such key that works.');
      const { name, role } = row;
      const subject = `key:${id}`;
      await audit.record([{ actor, action: 'key.revoked', subject, detail: { name, role } }]);
      return ok(view(row, at));
    },
  });
}

/** API keys of programs. */
export function keyOperations(context: ApiContext): Operation[] {
  return [list(context), create(context), revoke(context)];
}
