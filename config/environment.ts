import { parse } from 'yaml';
import type { z } from 'zod';
import { childrenOf, elementOf, isSecret, typeOf } from './walk.ts';

const PREFIX = 'TOKENWATCH_';
/** Variables that say where the configuration is, or belong to the service side, not to its keys. */
const NOT_KEYS = new Set(['TOKENWATCH_CONFIG', 'TOKENWATCH_SENDER_KEY']);

type Raw = Record<string, unknown>;

function valueFor(schema: z.ZodType, text: string): unknown {
  const type = typeOf(schema);
  if (isSecret(schema) || type === 'string' || type === 'enum') return text;
  if (type === 'array') {
    const element = elementOf(schema);
    // A list of tables is written as in the file, on one line.
    if (element !== undefined && typeOf(element) === 'object') return parsed(text);
    const items = text.split(',').map((item) => item.trim());
    return items
      .filter((item) => item !== '')
      .map((item) => (element === undefined ? item : valueFor(element, item)));
  }
  return parsed(text);
}

/** A text that is no YAML stays one, and the schema says what it expected. */
function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Finds the key path that a variable's rest (`COLLECTOR_HTTP_PORT`) names and sets it; false if none. */
function assign(schema: z.ZodType, raw: Raw, rest: string, text: string): boolean {
  for (const [key, child] of childrenOf(schema, raw)) {
    const name = key.toUpperCase().replaceAll('-', '_');
    if (rest === name) {
      raw[key] = valueFor(child, text);
      return true;
    }
    const element = elementOf(child);
    const holdsSecret = isSecret(child) || (element !== undefined && isSecret(element));
    if (rest === `${name}_FILE` && holdsSecret) {
      raw[`${key}_file`] = text;
      return true;
    }
    if (!rest.startsWith(`${name}_`)) continue;
    const below = raw[key];
    const next: Raw = typeof below === 'object' && below !== null ? (below as Raw) : {};
    if (assign(child, next, rest.slice(name.length + 1), text)) {
      raw[key] = next;
      return true;
    }
  }
  return false;
}

/**
 * Sets keys of `raw` from `TOKENWATCH_<PATH>` variables: levels joined by `_`, lists by commas (lists of
 * tables in YAML's one-line form). Keys
 * of a record (receivers) can be set below names that the file has.
 *
 * @returns one line for each variable that names no key
 */
export function applyEnvironment(schema: z.ZodType, raw: Raw, env: NodeJS.ProcessEnv): string[] {
  const problems: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || NOT_KEYS.has(name) || text === undefined) continue;
    if (text === '') continue;
    if (!assign(schema, raw, name.slice(PREFIX.length), text)) {
      problems.push(`environment: ${name}: names no key of the configuration`);
    }
  }
  return problems;
}
