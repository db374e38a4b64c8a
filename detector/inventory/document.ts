import { LineCounter, isMap, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { commonRoute } from './routes.ts';

/** An operation that an OpenAPI file describes. */
export interface DocumentedOperation {
  /** Upper case. */
  method: string;
  /** As written, with the base path. */
  route: string;
  /** By {@link commonRoute}. */
  common: string;
  isDeprecated: boolean;
  /** Whether the file says that it needs a credential. */
  isSecured: boolean;
  /** Top-level names of the fields of its body; null where any may come. */
  fields: ReadonlySet<string> | null;
}

/** An OpenAPI file that cannot be used: the message names the place. */
export class OpenApiError extends Error {}

/** Beyond these a file is refused: no real API is so large, and the memory is bounded. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_OPERATIONS = 20_000;
const MOST_FIELDS = 2_000;
/** Names of fields in all operations together. */
const MOST_NAMES = 1_000_000;
const MOST_ALIASES = 100;
/** Each comma, colon and dash may be a value, of about 1 kB while it is parsed. */
const MOST_MARKS = 1_200_000;
/** Nested deeper, and followed through more references, schemas say nothing new. */
const DEEPEST = 12;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];

type Tree = ReadonlyMap<unknown, unknown>;

function mapAt(tree: unknown, ...path: readonly string[]): Tree | null {
  let found: unknown = tree;
  for (const key of path) found = found instanceof Map ? found.get(key) : undefined;
  return found instanceof Map ? found : null;
}

function listAt(tree: unknown, key: string): unknown[] {
  const found: unknown = tree instanceof Map ? tree.get(key) : undefined;
  return Array.isArray(found) ? found : [];
}

function textAt(tree: unknown, key: string): string {
  const found: unknown = tree instanceof Map ? tree.get(key) : undefined;
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

/** What a reference inside the file points to; other files and hosts are never opened. */
function followed(root: Tree, node: unknown): unknown {
  let found = node;
  for (let hops = 0; hops < DEEPEST; hops += 1) {
    const reference = textAt(found, '$ref');
    if (reference === '') return found;
    if (!reference.startsWith('#/')) return null;
    found = reference
      .slice(2)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>(
        (at, key) => (at instanceof Map ? (at.get(key) as unknown) : undefined),
        root,
      );
  }
  return null;
}

/** The names of a schema's fields while they are gathered, and what was said of schemas on the way. */
interface Gathered {
  names: Set<string>;
  /** Each schema is read once: where each refers to the next one ten times, there are 10^12 ways. */
  seen: Map<Tree, boolean>;
}

/** Adds the names of a schema's fields; false where it lets any field pass. */
function addFields(root: Tree, schema: unknown, into: Gathered, depth: number): boolean {
  const tree = followed(root, schema);
  if (!(tree instanceof Map) || depth > DEEPEST || into.names.size > MOST_FIELDS) return false;
  const known = into.seen.get(tree);
  if (known !== undefined) return known;
  // Whoever comes by again before it is done goes in a circle.
  into.seen.set(tree, false);
  const isClosed = addOwnFields(root, tree, into, depth);
  into.seen.set(tree, isClosed);
  return isClosed;
}

function addOwnFields(root: Tree, tree: Tree, into: Gathered, depth: number): boolean {
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => listAt(tree, key));
  const properties = mapAt(tree, 'properties');
  if (properties === null && parts.length === 0) return false;
  const extra: unknown = tree.get('additionalProperties');
  if (extra === true || extra instanceof Map) return false;
  for (const name of properties?.keys() ?? []) into.names.add(String(name));
  return parts.every((part) => addFields(root, part, into, depth + 1));
}

/** The schema of a body: OpenAPI 3, or a parameter `in: body` of Swagger 2. */
function bodySchemas(root: Tree, operation: Tree): unknown[] {
  const body = followed(root, operation.get('requestBody'));
  const contents = [...(mapAt(body, 'content')?.values() ?? [])];
  const parameters = listAt(operation, 'parameters').map((one) => followed(root, one));
  return [
    ...contents.map((one) => (one instanceof Map ? (one.get('schema') as unknown) : null)),
    ...parameters
      .filter((one) => textAt(one, 'in') === 'body')
      .map((one) => (one as Tree).get('schema')),
  ];
}

/** The fields of a form, as Swagger 2 lists them: parameters `in: formData`. */
function formFields(root: Tree, operation: Tree): string[] {
  return listAt(operation, 'parameters')
    .map((one) => followed(root, one))
    .filter((one) => textAt(one, 'in') === 'formData')
    .map((one) => textAt(one, 'name'))
    .slice(0, MOST_FIELDS);
}

function fieldsOf(root: Tree, operation: Tree): ReadonlySet<string> | null {
  const schemas = bodySchemas(root, operation);
  const form = formFields(root, operation);
  if (form.length > 0) return new Set(form);
  const fields: Gathered = { names: new Set(), seen: new Map() };
  if (schemas.length === 0) return null;
  return schemas.every((schema) => addFields(root, schema, fields, 0)) ? fields.names : null;
}

/** The path that all routes begin with: `basePath`, or the path of the first server. */
function basePath(root: Tree): string {
  const [server] = listAt(root, 'servers');
  const url = textAt(server, 'url').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  const path = url === '' ? textAt(root, 'basePath') : url;
  return path;
}

function operationsOf(root: Tree, given: string | undefined): DocumentedOperation[] {
  const base = (given ?? basePath(root)).replace(/\/+$/, '');
  const isSecured = listAt(root, 'security').length > 0;
  const operations: DocumentedOperation[] = [];
  let names = 0;
  for (const [path, item] of mapAt(root, 'paths') ?? []) {
    const node = followed(root, item);
    if (!(node instanceof Map)) continue;
    for (const method of METHODS) {
      const operation: unknown = node.get(method);
      if (!(operation instanceof Map)) continue;
      if (operations.length >= MOST_OPERATIONS) {
        throw new OpenApiError(`more than ${String(MOST_OPERATIONS)} operations`);
      }
      const route = `${base}${String(path)}`;
      const fields = fieldsOf(root, operation);
      names += fields?.size ?? 0;
      if (names > MOST_NAMES) {
        throw new OpenApiError(`more than ${String(MOST_NAMES)} fields in all operations`);
      }
      operations.push({
        method: method.toUpperCase(),
        route,
        common: commonRoute(route),
        isDeprecated: operation.get('deprecated') === true,
        isSecured: operation.has('security') ? listAt(operation, 'security').length > 0 : isSecured,
        fields,
      });
    }
  }
  return operations;
}

function checkShape(document: Document, lines: LineCounter): void {
  const at = (path: readonly string[]): string => {
    const node: unknown = document.getIn(path, true);
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return `line ${String(lines.linePos(offset).line)}`;
  };
  if (!isMap(document.contents)) throw new OpenApiError('line 1: expected an OpenAPI document');
  const said: unknown = document.get('openapi') ?? document.get('swagger');
  const version = typeof said === 'number' ? said.toFixed(1) : said;
  if (typeof version !== 'string' || !/^(?:2\.0|3\.[01](?:\.\d+)?)$/.test(version)) {
    const key = document.has('openapi') ? 'openapi' : 'swagger';
    throw new OpenApiError(`${at([key])}: expected openapi: 3.0 or 3.1, or swagger: "2.0"`);
  }
  if (document.has('paths') && !isMap(document.get('paths'))) {
    throw new OpenApiError(`${at(['paths'])}: paths: expected a mapping of paths`);
  }
}

function marksIn(text: string): number {
  let marks = 0;
  for (const _ of text.matchAll(/[,:]|\n *-/g)) marks += 1;
  return marks;
}

/**
 * The operations of an OpenAPI file (2.0, 3.0, 3.1; YAML or JSON). References inside the file are
 * followed to a bounded depth, so circles end; other files and hosts are never opened.
 *
 * @param base what the service's own routes begin with, in place of what the file says
 * @throws OpenApiError with the line, when it is broken, too large or no OpenAPI at all
 */
export function readOpenApi(text: string, base?: string): DocumentedOperation[] {
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new OpenApiError(`larger than ${String(MOST_BYTES / 1024 / 1024)} MB`);
  }
  if (marksIn(text) > MOST_MARKS) throw new OpenApiError('too many values');
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      const [message = ''] = error.message.split('\n');
      throw new OpenApiError(`line ${String(line)}: ${message.replace(/ at line.*$/, '')}`);
    }
    checkShape(document, lines);
    // Maps, not objects: a key such as __proto__ is a key like any other.
    const root: unknown = document.toJS({ mapAsMap: true, maxAliasCount: MOST_ALIASES });
    return root instanceof Map ? operationsOf(root, base) : [];
  } catch (error) {
    if (error instanceof OpenApiError) throw error;
    const why = error instanceof RangeError ? 'nested too deeply' : String(error);
    throw new OpenApiError(error instanceof ReferenceError ? 'too many aliases' : why);
  }
}
