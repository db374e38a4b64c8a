import { slotOfName } from './key-table.ts';
import { jsonMistakeAt } from './json-place.ts';
import { ProtoWriter } from './proto-writer.ts';
import type { Signal } from './read-request.ts';

/** A value of the wrong shape; carries where it is. Caught at the span, or at the request. */
class ShapeError extends Error {}

export type JsonOutcome =
  | { ok: true; body: Buffer; bad: { problem: string; at: string }[] }
  | { ok: false; problem: string };

type Json = Record<string, unknown>;

const NAMES = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans', attributes: 9 },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords', attributes: 6 },
};
const KINDS: readonly string[] = [
  ...['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'],
].map((kind) => `SPAN_KIND_${kind}`);

function fail(path: string, expected: string): never {
  throw new ShapeError(`${path}: expected ${expected}`);
}

function object(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object');
  return value as Json;
}

/** An absent list is an empty one, as in protobuf. */
function list(value: unknown, path: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) fail(path, 'an array');
  return value as unknown[];
}

/** An integer as OTLP/JSON writes it: a decimal string, or a number. */
function integer(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  return fail(path, 'an integer or a decimal string');
}

function writeValue(to: ProtoWriter, field: number, given: unknown, path: string, depth = 0): void {
  const value = object(given, path);
  const start = to.begin(field);
  if (typeof value['stringValue'] === 'string') to.string(1, value['stringValue']);
  else if (typeof value['boolValue'] === 'boolean') to.uint(2, value['boolValue'] ? 1 : 0);
  else if (value['intValue'] !== undefined) {
    to.int(3, integer(value['intValue'], `${path}.intValue`));
  } else if (value['doubleValue'] !== undefined) {
    // Infinity and NaN are written as strings.
    const number = Number(value['doubleValue']);
    to.double(4, number);
  } else if (value['arrayValue'] !== undefined && depth === 0) {
    const array = to.begin(5);
    const values = object(value['arrayValue'], `${path}.arrayValue`)['values'];
    list(values, `${path}.arrayValue.values`).forEach((element, index) =>
      writeValue(to, 1, element, `${path}.arrayValue.values[${index}]`, 1),
    );
    to.end(array);
  }
  to.end(start);
}

/** Writes the attributes that somebody reads; the others are dropped here already. */
function writeAttributes(to: ProtoWriter, field: number, given: unknown, path: string): void {
  list(given, path).forEach((element, index) => {
    const at = `${path}[${index}]`;
    const attribute = object(element, at);
    const { key, value } = attribute;
    if (typeof key !== 'string') fail(`${at}.key`, 'a string');
    if (slotOfName(key) === -1 || value === undefined || value === null) return;
    const start = to.begin(field);
    to.string(1, key);
    writeValue(to, 2, value, `${at}.value`);
    to.end(start);
  });
}

function writeId(to: ProtoWriter, field: number, given: unknown, path: string): void {
  if (given === undefined || given === '' || given === null) return;
  if (typeof given !== 'string' || !/^[0-9a-f]*$/i.test(given)) fail(path, 'hexadecimal digits');
  to.bytes(field, Buffer.from(given, 'hex'));
}

function writeTime(to: ProtoWriter, field: number, given: unknown, path: string): void {
  if (given !== undefined && given !== null) to.fixed64(field, integer(given, path));
}

function writeSpan(to: ProtoWriter, given: unknown, path: string): void {
  const span = object(given, path);
  const kind = span['kind'] ?? 0;
  const number = typeof kind === 'string' ? KINDS.indexOf(kind) : kind;
  if (typeof number !== 'number' || number < 0) fail(`${path}.kind`, 'a span kind');
  writeId(to, 1, span['traceId'], `${path}.traceId`);
  writeId(to, 2, span['spanId'], `${path}.spanId`);
  to.uint(6, Math.trunc(number));
  writeTime(to, 7, span['startTimeUnixNano'], `${path}.startTimeUnixNano`);
  writeAttributes(to, 9, span['attributes'], `${path}.attributes`);
}

function writeLogRecord(to: ProtoWriter, given: unknown, path: string): void {
  const record = object(given, path);
  writeTime(to, 1, record['timeUnixNano'], `${path}.timeUnixNano`);
  writeTime(to, 11, record['observedTimeUnixNano'], `${path}.observedTimeUnixNano`);
  writeId(to, 9, record['traceId'], `${path}.traceId`);
  writeId(to, 10, record['spanId'], `${path}.spanId`);
  const body = record['body'];
  const map = typeof body === 'object' && body !== null ? (body as Json)['kvlistValue'] : undefined;
  if (map !== undefined) {
    const start = to.begin(5);
    const inner = to.begin(6);
    const { values } = object(map, `${path}.body.kvlistValue`);
    writeAttributes(to, 1, values, `${path}.body.kvlistValue.values`);
    to.end(inner);
    to.end(start);
  }
  writeAttributes(to, 6, record['attributes'], `${path}.attributes`);
}

/**
 * Rewrites an OTLP/JSON request as protobuf, so that one reader serves both. Of the attributes
 * only the known ones are taken over. A span of the wrong shape is left out and named.
 */
export function protobufOfJson(body: Buffer, signal: Signal): JsonOutcome {
  const names = NAMES[signal];
  const write = signal === 'traces' ? writeSpan : writeLogRecord;
  const bad: { problem: string; at: string }[] = [];
  const to = new ProtoWriter();
  const item = (given: unknown, path: string): void => {
    const before = to.length;
    const start = to.begin(2);
    try {
      write(to, given, path);
      to.end(start);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      to.rewind(before);
      bad.push({ problem: error.message, at: path });
    }
  };
  try {
    const request = object(JSON.parse(body.toString('utf8')), 'request');
    list(request[names.resources], names.resources).forEach((given, index) => {
      const path = `${names.resources}[${index}]`;
      const resource = object(given, path);
      const start = to.begin(1);
      if (resource['resource'] !== undefined && resource['resource'] !== null) {
        const inner = to.begin(1);
        const { attributes } = object(resource['resource'], `${path}.resource`);
        writeAttributes(to, 1, attributes, `${path}.resource.attributes`);
        to.end(inner);
      }
      list(resource[names.scopes], `${path}.${names.scopes}`).forEach((scope, at) => {
        const where = `${path}.${names.scopes}[${at}]`;
        const inner = to.begin(2);
        const items = list(object(scope, where)[names.items], `${where}.${names.items}`);
        items.forEach((given, n) => item(given, `${where}.${names.items}[${n}]`));
        to.end(inner);
      });
      to.end(start);
    });
  } catch (error) {
    if (error instanceof ShapeError) return { ok: false, problem: error.message };
    if (error instanceof SyntaxError)
      return { ok: false, problem: jsonProblem(body.toString('utf8')) };
    throw error;
  }
  return { ok: true, body: to.finish(), bad };
}

function jsonProblem(text: string): string {
  const at = jsonMistakeAt(text);
  if (at === text.length) return 'not JSON: it ends too early';
  return `not JSON: unexpected character at offset ${at}`;
}
