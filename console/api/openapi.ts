import { z } from 'zod';
import type { Operation } from './operation.ts';
import { problemSchema } from './schemas.ts';

/** A JSON object of the document. */
export type Node = Record<string, unknown>;

const DEFS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

/** Collects the named schemas while others are turned into JSON Schema. */
class Components {
  readonly schemas: Node = {};

  /** A schema as the document shows it; named ones (`.meta({ id })`) by reference. */
  add(schema: z.ZodType, io: 'input' | 'output'): Node {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
    const whole = JSON.parse(text.replaceAll(DEFS, COMPONENTS)) as Node;
    const { $schema, $defs, ...rest } = whole;
    for (const [name, child] of Object.entries(($defs ?? {}) as Record<string, Node>)) {
      this.#name(name, child);
    }
    return typeof rest['id'] === 'string' ? this.#name(rest['id'], rest) : rest;
  }

  #name(name: string, schema: Node): Node {
    const { id, ...rest } = schema;
    this.schemas[name] ??= rest;
    return { $ref: COMPONENTS + name };
  }
}

function parameters(
  components: Components,
  schema: z.ZodObject | undefined,
  place: 'path' | 'query',
): Node[] {
  return Object.entries(schema?.shape ?? {}).map(([name, child]) => {
    const type = child as z.ZodType;
    const described = components.add(type, 'output');
    return {
      name,
      in: place,
      required: place === 'path' || !type.safeParse(undefined).success,
      schema: described,
      ...(described['type'] === 'array' ? { style: 'form', explode: false } : {}),
    };
  });
}

function problem(description: string): Node {
  const schema = { $ref: `${COMPONENTS}Problem` };
  return { description, content: { 'application/problem+json': { schema } } };
}

function responses(components: Components, operation: Operation): Node {
  const { answer, media, access } = operation;
  const content =
    answer === undefined
      ? { [media ?? 'application/json']: { schema: { type: 'string' } } }
      : { 'application/json': { schema: components.add(answer, 'output') } };
  const takesInput = operation.params ?? operation.query ?? operation.body;
  return {
    200: { description: 'Done', content },
    ...(takesInput === undefined ? {} : { 400: problem('The request is not as described') }),
    ...(access === 'everybody'
      ? {}
      : { 401: problem('No key and no session'), 403: problem('The role is too small') }),
    ...(operation.params === undefined ? {} : { 404: problem('There is no such thing') }),
  };
}

function describe(components: Components, operation: Operation): Node {
  const list = [
    ...parameters(components, operation.params, 'path'),
    ...parameters(components, operation.query, 'query'),
  ];
  const body = operation.body;
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    'x-access': operation.access,
    security: operation.access === 'everybody' ? [] : [{ key: [] }, { session: [] }],
    ...(list.length === 0 ? {} : { parameters: list }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.add(body, 'input') } },
          },
        }),
    responses: responses(components, operation),
  };
}

/**
 * The OpenAPI 3.1 document of a list of operations, from the very schemas that check requests.
 * `x-access` names the smallest role that an operation is for, or `everybody`.
 */
export function openApiDocument(operations: readonly Operation[], version: string): Node {
  const components = new Components();
  components.add(problemSchema, 'output');
  const paths: Record<string, Node> = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(components, operation),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tokenwatch',
      version,
      description: 'Incidents, findings and credentials of API-driven financial services.',
    },
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key' },
        session: { type: 'apiKey', in: 'cookie', name: 'tokenwatch_session' },
      },
    },
  };
}
