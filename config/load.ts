import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { applyEnvironment } from './environment.ts';
import { issueText } from './issue-text.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';
import { childrenOf, elementOf, isSecret, typeOf } from './walk.ts';

/** What is wrong with a configuration: one line each, with file, key and expectation. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface LoadOptions {
  /** Path of the YAML file; by default TOKENWATCH_CONFIG, else `tokenwatch.yaml` if it is there. */
  file?: string;
  env?: NodeJS.ProcessEnv;
  /** Variables over the environment's: what the options of a command say. */
  variables?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Values beneath the file's and the environment's: what a command sets as its own defaults. */
  defaults?: Record<string, unknown>;
}

export interface LoadedConfig {
  config: Config;
  /** The file that was read, or null. */
  file: string | null;
  /** Dotted paths that the user set, in the file or the environment. */
  explicit: ReadonlySet<string>;
}

type Raw = Record<string, unknown>;

function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readYaml(file: string): Raw {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([
      `${file}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`,
    ]);
  }
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new ConfigError([`${file}: ${problem.message.split('\n')[0] ?? ''}`]);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return {};
  if (!isObject(value))
    throw new ConfigError([`${file}: expected keys and values at the top level`]);
  return value;
}

/** Replaces `<key>_file` by the file's content, and refuses secrets written in plain YAML. */
function resolveSecrets(
  schema: z.ZodType,
  raw: unknown,
  at: string[],
  base: string,
  problems: string[],
): void {
  if (Array.isArray(raw)) {
    const element = elementOf(schema);
    if (element === undefined) return;
    raw.forEach((item, index) => {
      if (isSecret(element))
        problems.push(`${at.join('.')}: secrets are not written here; ${secretHint(at)}`);
      else resolveSecrets(element, item, [...at, String(index)], base, problems);
    });
    return;
  }
  if (!isObject(raw)) return;
  for (const [key, child] of childrenOf(schema, raw)) {
    const path = [...at, key];
    const inList =
      typeOf(child) === 'array' &&
      elementOf(child) !== undefined &&
      isSecret(elementOf(child) as z.ZodType);
    if (isSecret(child) || inList) {
      if (raw[key] !== undefined)
        problems.push(`${path.join('.')}: secrets are not written here; ${secretHint(path)}`);
      readSecretFile(raw, key, path, base, inList, problems);
    } else if (raw[key] !== undefined) {
      resolveSecrets(child, raw[key], path, base, problems);
    }
  }
}

function secretHint(path: string[]): string {
  const variable = `TOKENWATCH_${path.join('_').toUpperCase()}`;
  return `set ${variable} or ${path.at(-1) ?? ''}_file`;
}

function readSecretFile(
  raw: Raw,
  key: string,
  path: string[],
  base: string,
  list: boolean,
  problems: string[],
): void {
  const file = raw[`${key}_file`];
  if (typeof file !== 'string') return;
  Reflect.deleteProperty(raw, `${key}_file`);
  try {
    const text = readFileSync(resolve(base, file), 'utf8').trim();
    raw[key] = list ? text.split(/\s+/) : text;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    problems.push(`${path.join('.')}_file: ${file} cannot be read (${code})`);
  }
}

function pathsOf(raw: unknown, at: string, into: Set<string>): void {
  if (!isObject(raw)) return;
  for (const [key, value] of Object.entries(raw)) {
    const path = at === '' ? key : `${at}.${key}`;
    into.add(path);
    pathsOf(value, path, into);
  }
}

function merge(below: Raw, above: Raw): Raw {
  const merged: Raw = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isObject(under) && isObject(value) ? merge(under, value) : value;
  }
  return merged;
}

/** One line for a schema issue; never the value, which could be a secret. */
function describe(issue: z.core.$ZodIssue, label: string, given: unknown): string[] {
  const at = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${label}: ${[...at, key].join('.')}: unknown key`);
  }
  return [`${label}: ${at.join('.') || '(top level)'}: ${issueText(issue, given)}`];
}

/**
 * Reads the configuration: YAML file, then environment over it, then the strict schema.
 *
 * @throws ConfigError that names file, key and expectation for everything that is wrong
 */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const env = { ...(options.env ?? process.env), ...options.variables };
  const cwd = options.cwd ?? process.cwd();
  const named = options.file ?? env['TOKENWATCH_CONFIG'];
  const standard = resolve(cwd, 'tokenwatch.yaml');
  const file = named !== undefined ? resolve(cwd, named) : existsSync(standard) ? standard : null;
  const label = file ?? 'environment';
  const raw = file === null ? {} : readYaml(file);
  const problems: string[] = [];
  const base = file === null ? cwd : dirname(file);
  resolveSecrets(configSchema, raw, [], base, problems);
  problems.splice(0, problems.length, ...problems.map((problem) => `${label}: ${problem}`));
  problems.push(...applyEnvironment(configSchema, raw, env));
  const fromEnvironment: string[] = [];
  resolveSecretFilesOnly(configSchema, raw, cwd, fromEnvironment);
  problems.push(...fromEnvironment.map((problem) => `environment: ${problem}`));
  if (problems.length > 0) throw new ConfigError(problems);
  const explicit = new Set<string>();
  pathsOf(raw, '', explicit);
  const given = merge(options.defaults ?? {}, raw);
  const parsed = configSchema.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.flatMap((issue) => describe(issue, label, given)));
  const { detector, data_dir } = parsed.data;
  const rules = detector.rules.map((path) => resolve(base, path));
  const openapi = detector.openapi.map((one) => ({ ...one, file: resolve(base, one.file) }));
  return {
    config: {
      ...parsed.data,
      data_dir: resolve(cwd, data_dir),
      detector: { ...detector, rules, openapi },
    },
    file,
    explicit,
  };
}

/** Second pass for `_file` keys that came by the environment (`TOKENWATCH_PEPPER_FILE`). */
function resolveSecretFilesOnly(
  schema: z.ZodType,
  raw: Raw,
  base: string,
  problems: string[],
  at: string[] = [],
): void {
  for (const [key, child] of childrenOf(schema, raw)) {
    const element = elementOf(child);
    const list = typeOf(child) === 'array' && element !== undefined && isSecret(element);
    if (isSecret(child) || list) readSecretFile(raw, key, [...at, key], base, list, problems);
    else if (isObject(raw[key]))
      resolveSecretFilesOnly(child, raw[key], base, problems, [...at, key]);
  }
}
