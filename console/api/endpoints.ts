import { z } from 'zod';
import { listClientSprawl, listInventory, listSprawl } from '../../store/console/inventory.ts';
import type { ApiContext } from './context.ts';
import { pageQuery, withoutUndefined } from './inputs.ts';
import { ok, operation } from './operation.ts';
import type { Operation } from './operation.ts';

const DAY = 86_400_000;
const days = z.coerce.number<string>().int().min(1).max(400).default(90);
const iso = (ms: number): string => (ms === 0 ? '' : new Date(ms).toISOString());

const inventoryState = z.enum([
  'used',
  'never seen',
  'deprecated',
  'deprecated, in use',
  'undocumented',
]);

const inventorySchema = z
  .object({
    service: z.string(),
    method: z.string(),
    route: z.string(),
    /** `never seen` is a zombie: documented, and nobody calls it. */
    state: z.string(),
    calls: z.int(),
    last_seen: z.string(),
  })
  .meta({ id: 'InventoryEntry' });

function inventory({ db, now }: ApiContext): Operation {
  return operation({
    id: 'listInventory',
    method: 'GET',
    path: '/api/v1/inventory',
    tag: 'endpoints',
    summary: 'What OpenAPI files document against what was seen: zombies, deprecated, undocumented',
    access: 'viewer',
    query: z.object({
      service: z.string().max(200).optional(),
      state: inventoryState.optional(),
      days,
      ...pageQuery(200),
    }),
    answer: z.object({ inventory: z.array(inventorySchema) }),
    handle: async ({ query: { limit, offset, days: since, ...rest } }) => {
      const filter = { since: now() - since * DAY, ...withoutUndefined(rest) };
      const rows = await listInventory(db, filter, { limit, offset });
      return ok({
        inventory: rows.map(({ lastSeen, ...row }) => ({ ...row, last_seen: iso(lastSeen) })),
      });
    },
  });
}

const sprawlSchema = z
  .object({
    token_hash: z.string(),
    client: z.string(),
    granted_scopes: z.array(z.string()),
    unused_scopes: z.array(z.string()),
    clients: z.int(),
    networks: z.int(),
    agents: z.int(),
    services: z.array(z.string()),
    first_seen: z.string(),
    last_seen: z.string(),
    calls: z.int(),
  })
  .meta({ id: 'SprawlEntry' });

function sprawl({ db, now }: ApiContext): Operation {
  return operation({
    id: 'listSprawl',
    method: 'GET',
    path: '/api/v1/sprawl',
    tag: 'tokens',
    summary: 'Tokens with scopes granted and never used, or shared by several, the worst first',
    access: 'viewer',
    query: z.object({ client: z.string().max(2_000).optional(), days, ...pageQuery(200) }),
    answer: z.object({ tokens: z.array(sprawlSchema) }),
    handle: async ({ query: { limit, offset, days: since, ...rest } }) => {
      const filter = { since: now() - since * DAY, ...withoutUndefined(rest) };
      const rows = await listSprawl(db, filter, { limit, offset });
      return ok({
        tokens: rows.map((row) => ({
          ...{ token_hash: row.tokenHash, client: row.clientId },
          ...{ granted_scopes: row.granted, unused_scopes: row.unused },
          ...{ clients: row.clients, networks: row.networks, agents: row.agents },
          ...{ services: row.services, calls: row.calls },
          ...{ first_seen: iso(row.firstSeen), last_seen: iso(row.lastSeen) },
        })),
      });
    },
  });
}

const clientSprawlSchema = z
  .object({ client: z.string(), scope: z.string(), tokens: z.int(), unused: z.int() })
  .meta({ id: 'ClientSprawlEntry' });

function clientSprawl({ db, now }: ApiContext): Operation {
  return operation({
    id: 'listClientSprawl',
    method: 'GET',
    path: '/api/v1/sprawl/clients',
    tag: 'tokens',
    summary: 'Scopes that tokens of a client carry and never use, by client and scope',
    access: 'viewer',
    query: z.object({ client: z.string().max(2_000).optional(), days, ...pageQuery(200) }),
    answer: z.object({ clients: z.array(clientSprawlSchema) }),
    handle: async ({ query: { limit, offset, days: since, ...rest } }) => {
      const filter = { since: now() - since * DAY, ...withoutUndefined(rest) };
      const rows = await listClientSprawl(db, filter, { limit, offset });
      return ok({ clients: rows.map(({ clientId: client, ...row }) => ({ client, ...row })) });
    },
  });
}

/** What is documented against what is used: endpoints by OpenAPI files, scopes by grants. */
export function inventoryOperations(context: ApiContext): Operation[] {
  return [inventory(context), sprawl(context), clientSprawl(context)];
}
