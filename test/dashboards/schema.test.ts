import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * The committed JSON against Grafana's own schema: the types of the Foundation SDK are generated from
 * it, and the compiler says what does not fit, keys that the schema does not know included.
 */
const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'dashboards/generated/dashboards');
const SDK = '@grafana/grafana-foundation-sdk';
/** Beside this file, so that packages are found from it; it is never written. */
const SOURCE = join(import.meta.dirname, 'generated-json.ts');

interface Panel {
  type: string;
  title?: string;
  options?: object;
  fieldConfig?: { defaults?: { custom?: object } };
  panels?: Panel[];
}

interface Dashboard {
  panels?: Panel[];
}

/** The SDK's enumerations as unions of their values, which is what JSON has. */
function withoutEnums(text: string): string {
  return text.replaceAll(
    /export declare enum (\w+) \{([^}]*)\}/g,
    (_all, name: string, body: string) => {
      const values = [...body.matchAll(/=\s*("[^"]*"|-?\d+)/g)].map(([, value]) => value);
      return `export type ${name} = ${values.join(' | ')};`;
    },
  );
}

/** What the compiler says of a source, one line each. */
function complaints(source: string): string[] {
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target) => {
    if (name === SOURCE) return ts.createSourceFile(name, source, target);
    if (!name.includes(SDK)) return read(name, target);
    return ts.createSourceFile(name, withoutEnums(readFileSync(name, 'utf8')), target);
  };
  const program = ts.createProgram([SOURCE], options, host);
  const file = program.getSourceFile(SOURCE);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ messageText, start = 0 }) => {
      const line = source.slice(0, start).split('\n').at(-1) ?? '';
      const what = line.slice(0, line.indexOf(' ='));
      return `${what}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`.slice(0, 600);
    },
  );
}

function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]);
}

/** Queries are the data source's own business, not the schema's; panels.test.ts runs them. */
function withoutQueries(key: string, value: unknown): unknown {
  if (key === 'targets') return [];
  return key === 'target' ? undefined : value;
}

/** One constant on a line for each thing that a type describes. */
function sourceOf(dashboard: Dashboard): string {
  const panels = panelsOf(dashboard).filter(({ type }) => type !== 'row');
  const types = [...new Set(panels.map(({ type }) => type))];
  const names = types.map((type) => `import type * as ${type} from '${SDK}/${type}';`);
  const lines = panels.flatMap(({ type, options, fieldConfig }, n) => [
    `const options_${n}: Partial<${type}.Options> = ${JSON.stringify(options ?? {})};`,
    ...(fieldConfig?.defaults?.custom === undefined || type === 'stat' || type === 'bargauge'
      ? []
      : [
          `const custom_${n}: Partial<${type}.FieldConfig> = ${JSON.stringify(fieldConfig.defaults.custom)};`,
        ]),
  ]);
  return [
    `import type { Dashboard } from '${SDK}/dashboard';`,
    ...names,
    `const dashboard: Dashboard = ${JSON.stringify(dashboard, withoutQueries)};`,
    ...lines,
  ].join('\n');
}

describe('the committed dashboards', () => {
  it.each(readdirSync(FOLDER))('%s is what Grafana’s schema says', (name) => {
    const dashboard = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Dashboard;
    expect(complaints(sourceOf(dashboard))).toEqual([]);
  });

  it('would be found out if they were not', () => {
    const [first = ''] = readdirSync(FOLDER);
    const text = readFileSync(join(FOLDER, first), 'utf8');
    const wrong = { ...(JSON.parse(text) as Dashboard), schemaVersion: 'forty' };
    expect(complaints(sourceOf(wrong)).join(' ')).toMatch(
      /'string' is not assignable to type 'number'/,
    );
  });
});
