import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Access, Caller } from '../auth/roles.ts';

/** An error as RFC 9457 has it (`application/problem+json`). */
export interface Problem {
  status: number;
  title: string;
  detail: string;
}

/** What a handler answers: a body for the operation's schema, or a problem. */
export type Outcome<Body> = { ok: true; body: Body } | { ok: false; problem: Problem };

/** What a handler is given: inputs that its schemas have passed, and who is asking. */
export interface Ask<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** One operation of the API: its place in the OpenAPI document and what it does, together. */
export interface Operation {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/api/v1/incidents/{id}`. */
  path: string;
  tag: string;
  summary: string;
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Schema of the answer; absent when `media` is not JSON. */
  answer?: z.ZodType;
  /** Media type of an answer that is not JSON; the handler then sends it itself. */
  media?: string;
  /** Attempts a minute and address; unlimited when absent. */
  perMinute?: number;
  handle: (ask: Ask<never, never, never>) => Promise<Outcome<unknown> | undefined>;
}

type Of<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What {@link operation} takes: an Operation whose handler is typed by its schemas. */
type Typed<P, Q, B, A> = Omit<Operation, 'params' | 'query' | 'body' | 'answer' | 'handle'> & {
  params?: P;
  query?: Q;
  body?: B;
  answer?: A;
  handle: (ask: Ask<Of<P>, Of<Q>, Of<B>>) => Promise<Outcome<Of<A>> | undefined>;
};

/** Declares an operation; the handler's types follow from the schemas. */
export function operation<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(typed: Typed<P, Q, B, A>): Operation {
  return typed as unknown as Operation;
}

/** A good answer. */
export function ok<Body>(body: Body): Outcome<Body> {
  return { ok: true, body };
}

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  421: 'Wrong host',
  429: 'Too many requests',
  503: 'Not available',
};

/** A refusal; `detail` says what the caller can do about it and never repeats what they sent. */
export function refuse(status: number, detail: string): { ok: false; problem: Problem } {
  return { ok: false, problem: { status, title: TITLES[status] ?? 'Error', detail } };
}
