import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');

export interface Service {
  image: string;
  command?: string[];
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  networks?: string[];
  /** Null where a variable without a value stands. */
  environment?: Record<string, string | null>;
  depends_on?: Record<string, { condition: string }>;
  volumes?: (string | { type: string; source: string; target: string })[];
  ports?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}

export interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean }>;
}

export const composeText = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

/** The file as Compose reads it: merge keys resolved, `${VAR:?…}` and `${VAR:-…}` filled in. */
export function readCompose(env: Record<string, string> = {}): ComposeFile {
  const filled = composeText.replaceAll(
    /\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_all, name: string, kind: string | undefined, rest: string | undefined) =>
      env[name] ?? (kind === '-' ? (rest ?? '') : ''),
  );
  return parse(filled, { merge: true }) as ComposeFile;
}

/** The variables that the file asks for, and whether it has a value for each when nobody gives one. */
export function variables(): { name: string; required: boolean }[] {
  const found = new Map<string, boolean>();
  for (const [, name = '', kind] of composeText.matchAll(/\$\{(\w+)(?::([?-])[^}]*)?\}/g)) {
    found.set(name, (found.get(name) ?? false) || kind !== '-');
  }
  return [...found].map(([name, required]) => ({ name, required }));
}

/** The variables of a `.env` file. */
export function parseEnvironment(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** What a service of ours is told by its environment. */
export function ownEnvironment({ environment = {} }: Service): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== null),
  );
}
