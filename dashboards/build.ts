/** `npm run dashboards`: builds what Grafana reads, or compares it with what is committed. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULTS, buildFiles } from './all.ts';
import type { Files } from './provisioning/files.ts';

const USAGE = `usage: npm run dashboards -- [--check] [--out DIR] [--console-url URL] [--database NAME]
  --check         change nothing; fail when the files are not what the code builds
  --out DIR       write there instead of dashboards/generated
  --console-url   where links to incidents lead (default ${DEFAULTS.consoleUrl})
  --database      the ClickHouse database (default ${DEFAULTS.database})`;

const GENERATED = fileURLToPath(new URL('./generated/', import.meta.url));

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll('\\', '/'));
}

/** What differs between a folder and what the code builds, one line each. */
function differences(folder: string, files: Files): string[] {
  const found = filesUnder(folder);
  return [
    ...found
      .filter((path) => files[path] === undefined)
      .map((path) => `not built any more: ${path}`),
    ...Object.entries(files).flatMap(([path, text]) => {
      if (!found.includes(path)) return [`missing: ${path}`];
      return readFileSync(join(folder, path), 'utf8') === text ? [] : [`differs: ${path}`];
    }),
  ];
}

function write(folder: string, files: Files): void {
  for (const path of filesUnder(folder)) if (files[path] === undefined) rmSync(join(folder, path));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function options() {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: GENERATED },
      'console-url': { type: 'string', default: DEFAULTS.consoleUrl },
      database: { type: 'string', default: DEFAULTS.database },
      help: { type: 'boolean', default: false },
    },
  });
  const url = new URL(values['console-url']);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError('--console-url: expected http(s)://…');
  if (!/^[a-z_][a-z0-9_]*$/i.test(values.database))
    throw new TypeError('--database: expected a plain name');
  return { ...values, consoleUrl: url.href.replace(/\/+$/, '') };
}

function main(): number {
  let asked: ReturnType<typeof options>;
  try {
    asked = options();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (asked.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const files = buildFiles({ consoleUrl: asked.consoleUrl, database: asked.database });
  const where = relative(process.cwd(), asked.out) || '.';
  if (!asked.check) {
    write(asked.out, files);
    process.stdout.write(`${String(Object.keys(files).length)} files in ${where}\n`);
    return 0;
  }
  const lines = differences(asked.out, files);
  if (lines.length === 0) return 0;
  process.stderr.write(`${where} is not what the code builds; run npm run dashboards\n`);
  process.stderr.write(`${lines.map((line) => `  ${line}`).join('\n')}\n`);
  return 1;
}

process.exitCode = main();
