import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Identify } from '../auth/identify.ts';
import type { NoteRefusal } from '../auth/refusals.ts';
import { allows } from '../auth/roles.ts';
import type { Caller } from '../auth/roles.ts';
import { isOwnPage } from '../auth/same-site.ts';
import { refuse } from './operation.ts';
import type { Operation, Problem } from './operation.ts';

/** Writes a problem as RFC 9457 has it. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, title, detail } = problem;
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
}

/** Why a caller may not do this, or null. */
function refusal(operation: Operation, caller: Caller, request: FastifyRequest): Problem | null {
  if (!allows(operation.access, caller.role)) {
    if (caller.role === null) {
      return refuse(401, 'Sign in, or send an API key as Authorization: Bearer.').problem;
    }
    return refuse(403, `This needs the role ${operation.access}; you are ${caller.role}.`).problem;
  }
  const rides = operation.method !== 'GET' && caller.via !== 'key';
  if (rides && !isOwnPage(request)) {
    return refuse(403, 'Changes by session are taken from this console’s own page only.').problem;
  }
  return null;
}

/** First thing that is wrong with an input, naming the field but never its value. */
function describe(place: string, error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  return `${place}${path === '' ? '' : ` ${path}`}: ${issue?.message ?? 'not as described'}`;
}

type Inputs = Record<'params' | 'query' | 'body', unknown>;

function parseInputs(operation: Operation, request: FastifyRequest): Inputs | Problem {
  const given: Inputs = { params: request.params, query: request.query, body: request.body };
  const parsed: Inputs = { params: undefined, query: undefined, body: undefined };
  for (const place of ['params', 'query', 'body'] as const) {
    const schema = operation[place];
    if (schema === undefined) continue;
    const result = schema.safeParse(given[place]);
    if (!result.success) return refuse(400, describe(place, result.error)).problem;
    parsed[place] = result.data;
  }
  return parsed;
}

/** A wrong key, and whatever would have changed something; that a visitor has not signed in is no news. */
function isNews(operation: Operation, request: FastifyRequest): boolean {
  return operation.method !== 'GET' || request.headers.authorization !== undefined;
}

async function answer(
  operation: Operation,
  { identify, noteRefusal }: Access,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = await identify(request);
  const refused = refusal(operation, caller, request);
  if (refused !== null) {
    if (isNews(operation, request)) noteRefusal(operation.id, caller, refused.status);
    return sendProblem(reply, refused);
  }
  const inputs = parseInputs(operation, request);
  if ('status' in inputs) return sendProblem(reply, inputs);
  const ask = { ...inputs, caller, request, reply } as unknown as Parameters<
    Operation['handle']
  >[0];
  const outcome = await operation.handle(ask);
  // The handler has answered by itself: a stream, a file.
  if (outcome === undefined) return reply;
  if (!outcome.ok) return sendProblem(reply, outcome.problem);
  return reply.header('cache-control', 'no-store').send(outcome.body);
}

/** Who is asking, and where it is recorded that they may not. */
export interface Access {
  identify: Identify;
  noteRefusal: NoteRefusal;
}

/**
 * Serves a list of operations. Each is refused to whoever is not known to have its role, before
 * anything of the request is looked at.
 */
export function mountOperations(
  app: FastifyInstance,
  operations: readonly Operation[],
  access: Access,
): void {
  for (const operation of operations) {
    app.route({
      method: operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      ...(operation.perMinute === undefined
        ? {}
        : { config: { rateLimit: { max: operation.perMinute, timeWindow: 60_000 } } }),
      handler: async (request, reply) => answer(operation, access, request, reply),
    });
  }
}
