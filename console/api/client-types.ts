import type { Node } from './openapi.ts';

/**
 * TypeScript from an OpenAPI document: named schemas as types, and the `paths` that `openapi-fetch`
 * is typed by. Covers what our own document uses, and throws on what it does not know.
 */

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function key(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}

function objectType(schema: Node): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Node>);
  const { additionalProperties, propertyNames } = schema;
  if (properties.length === 0) {
    if (!isNode(additionalProperties)) return 'Record<string, never>';
    const names = isNode(propertyNames) ? typeOf(propertyNames) : 'string';
    return `Record<${names}, ${typeOf(additionalProperties)}>`;
  }
  const required = new Set((schema['required'] ?? []) as string[]);
  const fields = properties.map(
    ([name, child]) => `${key(name)}${required.has(name) ? '' : '?'}: ${typeOf(child)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

function unionOf(schemas: Node[]): string {
  return [...new Set(schemas.map(typeOf))].join(' | ');
}

/** The TypeScript type of a JSON Schema. */
function typeOf(schema: Node): string {
  const { $ref, type } = schema;
  if (typeof $ref === 'string') return $ref.split('/').at(-1) ?? 'never';
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) {
    return schema['enum'].map((value) => JSON.stringify(value)).join(' | ');
  }
  const union = nodes(schema['anyOf'] ?? schema['oneOf']);
  if (union.length > 0) return unionOf(union);
  if (Array.isArray(type)) {
    return type.map((one: unknown) => typeOf({ ...schema, type: one })).join(' | ');
  }
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `(${typeOf(isNode(schema['items']) ? schema['items'] : {})})[]`;
    case 'object':
      return objectType(schema);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no TypeScript for the schema type ${JSON.stringify(type)}`);
  }
}

function contentType(holder: unknown): string {
  const content = isNode(holder) ? holder['content'] : undefined;
  const [entry] = Object.entries(isNode(content) ? content : {});
  if (entry === undefined) return '{ content?: never }';
  const [media, body] = entry;
  const schema = isNode(body) && isNode(body['schema']) ? body['schema'] : {};
  return `{ content: { '${media}': ${typeOf(schema)} } }`;
}

function parametersType(operation: Node): string {
  const groups = ['query', 'path'].map((place) => {
    const given = nodes(operation['parameters']).filter((p) => p['in'] === place);
    if (given.length === 0) return `${place}?: never`;
    const needed = given.some((p) => p['required'] === true);
    const fields = given.map(
      (p) =>
        `${key(String(p['name']))}${p['required'] === true ? '' : '?'}: ${typeOf(p['schema'] as Node)}`,
    );
    return `${place}${needed ? '' : '?'}: { ${fields.join('; ')} }`;
  });
  return `{ ${groups.join('; ')} }`;
}

function operationType(operation: Node): string {
  const responses = Object.entries(operation['responses'] as Record<string, Node>).map(
    ([status, response]) => `${status}: ${contentType(response)}`,
  );
  const body = operation['requestBody'];
  return [
    '{',
    `parameters: ${parametersType(operation)};`,
    isNode(body) ? `requestBody: ${contentType(body)};` : 'requestBody?: never;',
    `responses: { ${responses.join('; ')} };`,
    '}',
  ].join(' ');
}

/** The source of a module with the document's types, to be formatted by prettier. */
export function clientTypes(document: Node): string {
  const { schemas } = document['components'] as { schemas: Record<string, Node> };
  const named = Object.entries(schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};`,
  );
  const paths = Object.entries(document['paths'] as Record<string, Record<string, Node>>).map(
    ([path, methods]) => {
      const operations = Object.entries(methods).map(
        ([method, operation]) => `${method}: ${operationType(operation)};`,
      );
      return `'${path}': { ${operations.join(' ')} };`;
    },
  );
  return [
    '/* eslint-disable max-lines -- as long as the API is wide */',
    '// Generated from /api/openapi.json: vitest run console/api/client-types.test.ts -u',
    ...named,
    `export interface paths { ${paths.join(' ')} }`,
  ].join('\n\n');
}
