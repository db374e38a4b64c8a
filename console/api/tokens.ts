import { z } from 'zod';
import { pepperOf } from '../../config/pepper.ts';
import { hashToken } from '../../model/hash.ts';
import type { TokenHash } from '../../model/hash.ts';
import { canonicalTokenHash } from '../../store/calls/aliases.ts';
import { readClientReach } from '../../store/console/client-reach.ts';
import {
  listClients,
  listTokens,
  readSeenValues,
  readTokenFacts,
  readVolume,
} from '../../store/console/profiles.ts';
import type { SeenValue, TokenFacts } from '../../store/console/profiles.ts';
import type { Whose } from '../../store/console/activity.ts';
import { readRegisteredToken } from '../../store/console/token-registry.ts';
import type { ApiContext } from './context.ts';
import { hashText, pageQuery, withoutUndefined } from './inputs.ts';
import { ok, operation, refuse } from './operation.ts';
import type { Operation } from './operation.ts';
import { registeredSchema, registeredView } from './registry.ts';
import { iso } from './views.ts';

/** A week of hours: what "usual" repeats by. */
const SHOWN_HOURS = 7 * 24;

export const tokenSchema = z
  .object({
    token_hash: z.string(),
    client: z.string(),
    token_id: z.string(),
    token_environment: z.string(),
    granted_scopes: z.array(z.string()),
    issued_at: z.string(),
    expires_at: z.string(),
    calls: z.int(),
    first_seen: z.string(),
    last_seen: z.string(),
  })
  .meta({ id: 'Token' });

const seenSchema = z
  .object({
    value: z.string(),
    calls: z.int(),
    tokens: z.int(),
    first_seen: z.string(),
    last_seen: z.string(),
  })
  .meta({ id: 'SeenValue' });

const volumeSchema = z
  .object({
    at: z.string(),
    calls: z.int(),
    denied: z.int(),
    low: z.number().nullable(),
    high: z.number().nullable(),
  })
  .meta({ id: 'VolumeHour' });

/** What is usual for a token or client. */
const usualSchema = z
  .object({
    volume: z.array(volumeSchema),
    scopes: z.array(seenSchema),
    routes: z.array(seenSchema),
    countries: z.array(seenSchema),
    networks: z.array(seenSchema),
    network_kinds: z.array(seenSchema),
    environments: z.array(seenSchema),
    user_agents: z.array(seenSchema),
  })
  .meta({ id: 'Usual' });

const clientSchema = z
  .object({
    client: z.string(),
    tokens: z.int(),
    calls: z.int(),
    first_seen: z.string(),
    last_seen: z.string(),
  })
  .meta({ id: 'Client' });

export function tokenView(facts: TokenFacts): z.infer<typeof tokenSchema> {
  return {
    token_hash: facts.tokenHash,
    client: facts.clientId,
    token_id: facts.tokenId,
    token_environment: facts.tokenEnvironment,
    granted_scopes: facts.grantedScopes,
    issued_at: iso(facts.issuedAt),
    expires_at: iso(facts.expiresAt),
    calls: facts.calls,
    first_seen: iso(facts.firstSeen),
    last_seen: iso(facts.lastSeen),
  };
}

function seenView(values: SeenValue[], dimension: string): z.infer<typeof seenSchema>[] {
  return values
    .filter((one) => one.dimension === dimension)
    .map(({ value, calls, tokens, firstSeen, lastSeen }) => ({
      ...{ value, calls, tokens },
      first_seen: iso(firstSeen),
      last_seen: iso(lastSeen),
    }));
}

async function usualOf(
  { db, now }: ApiContext,
  whose: Whose,
): Promise<z.infer<typeof usualSchema>> {
  const [values, volume] = await Promise.all([
    readSeenValues(db, whose),
    readVolume(db, whose, { now: now(), hours: SHOWN_HOURS }),
  ]);
  return {
    volume: volume.map((hour) => ({ ...hour, at: iso(hour.at) })),
    scopes: seenView(values, 'scope'),
    routes: seenView(values, 'route'),
    countries: seenView(values, 'country'),
    networks: seenView(values, 'asn'),
    network_kinds: seenView(values, 'network_kind'),
    environments: seenView(values, 'environment'),
    user_agents: seenView(values, 'user_agent'),
  };
}

const listQuery = z.object({
  client: z.string().max(2_000).optional(),
  q: z.string().trim().min(1).max(200).optional(),
  ...pageQuery(50),
});

function list({ db }: ApiContext): Operation {
  return operation({
    id: 'listTokens',
    method: 'GET',
    path: '/api/v1/tokens',
    tag: 'tokens',
    summary: 'Tokens, last seen first',
    access: 'viewer',
    query: listQuery,
    answer: z.object({ tokens: z.array(tokenSchema) }),
    handle: async ({ query: { client, q, limit, offset } }) => {
      const filter = withoutUndefined({ clientId: client, q });
      const rows = await listTokens(db, filter, { limit, offset });
      return ok({ tokens: rows.map(tokenView) });
    },
  });
}

function profile(context: ApiContext): Operation {
  return operation({
    id: 'getToken',
    method: 'GET',
    path: '/api/v1/tokens/{hash}',
    tag: 'tokens',
    summary: 'What is known of a token and what is usual for it',
    access: 'viewer',
    params: z.object({ hash: hashText }),
    answer: z.object({
      token: tokenSchema,
      /** What its issuer said; null where it said nothing. */
      registered: registeredSchema.nullable(),
      usual: usualSchema,
    }),
    handle: async ({ params }) => {
      // After a rotation of the pepper the history stays under the first of a token's hashes.
      const hash = await canonicalTokenHash(context.db, params.hash as TokenHash);
      const facts = await readTokenFacts(context.db, hash);
      if (facts === null) return refuse(404, 'No call of this token is known.');
      const said = await readRegisteredToken(context.db, hash);
      return ok({
        token: tokenView(facts),
        registered: said === null ? null : registeredView(said),
        usual: await usualOf(context, { tokenHash: hash }),
      });
    },
  });
}

/** The raw token is read, hashed and forgotten: it is in no address, log, error or answer. */
function lookup({ db, config }: ApiContext): Operation {
  return operation({
    id: 'lookupToken',
    method: 'POST',
    path: '/api/v1/tokens/lookup',
    tag: 'tokens',
    summary: 'The hash of a raw token, and whether it is known',
    access: 'responder',
    perMinute: 60,
    body: z.object({ token: z.string().trim().min(1).max(16_384) }),
    answer: z.object({ token_hash: z.string(), known: z.boolean() }),
    handle: async ({ body }) => {
      const raw = body.token.replace(/^(bearer|basic|token|apikey|dpop)\s+/i, '');
      const hash = await canonicalTokenHash(db, hashToken(pepperOf(config).reveal(), raw));
      return ok({ token_hash: hash, known: (await readTokenFacts(db, hash)) !== null });
    },
  });
}

function clients({ db }: ApiContext): Operation {
  return operation({
    id: 'listClients',
    method: 'GET',
    path: '/api/v1/clients',
    tag: 'clients',
    summary: 'Clients, last seen first',
    access: 'viewer',
    query: z.object({ q: z.string().trim().min(1).max(200).optional(), ...pageQuery(50) }),
    answer: z.object({ clients: z.array(clientSchema) }),
    handle: async ({ query: { q, limit, offset } }) => {
      const rows = await listClients(db, withoutUndefined({ q }), { limit, offset });
      return ok({ clients: rows.map(clientView) });
    },
  });
}

function clientView(row: Awaited<ReturnType<typeof listClients>>[number]) {
  return {
    client: row.clientId,
    tokens: row.tokens,
    calls: row.calls,
    first_seen: iso(row.firstSeen),
    last_seen: iso(row.lastSeen),
  };
}

function client(context: ApiContext): Operation {
  return operation({
    id: 'getClient',
    method: 'GET',
    path: '/api/v1/clients/{id}',
    tag: 'clients',
    summary: 'What is usual for a client, and its tokens',
    access: 'viewer',
    params: z.object({ id: z.string().min(1).max(2_000) }),
    answer: z.object({
      client: clientSchema,
      tokens: z.array(tokenSchema),
      usual: usualSchema,
    }),
    handle: async ({ params }) => {
      const { db } = context;
      const filter = { clientId: params.id };
      const [found] = await listClients(db, filter, { limit: 1, offset: 0 });
      if (found === undefined) return refuse(404, 'No call of this client is known.');
      const tokens = await listTokens(db, filter, { limit: 100, offset: 0 });
      return ok({
        client: clientView(found),
        tokens: tokens.map(tokenView),
        usual: await usualOf(context, filter),
      });
    },
  });
}

const reachSchema = z
  .object({
    calls_per_day: z.int(),
    live_tokens: z.int(),
    routes: z.array(z.object({ route: z.string(), calls_per_day: z.int() })),
    services: z.array(z.string()),
  })
  .meta({ id: 'ClientReach' });

function reach({ db, now }: ApiContext): Operation {
  return operation({
    id: 'getClientReach',
    method: 'GET',
    path: '/api/v1/clients/{id}/reach',
    tag: 'clients',
    summary: 'What cutting off a client would hit: its blast radius',
    access: 'viewer',
    params: z.object({ id: z.string().min(1).max(2_000) }),
    answer: reachSchema,
    handle: async ({ params }) => {
      const whole = await readClientReach(db, params.id, now());
      return ok({
        calls_per_day: whole.callsPerDay,
        live_tokens: whole.liveTokens,
        routes: whole.routes.map(({ route, callsPerDay }) => ({
          route,
          calls_per_day: callsPerDay,
        })),
        services: whole.services,
      });
    },
  });
}

/** Tokens and clients: what is known, and what is usual. */
export function tokenOperations(context: ApiContext): Operation[] {
  const tokens = [list(context), profile(context), lookup(context)];
  return [...tokens, clients(context), client(context), reach(context)];
}
