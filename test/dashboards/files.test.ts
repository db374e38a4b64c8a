import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildDashboards, buildFiles } from '../../dashboards/all.ts';
import { DATASOURCE, PLUGIN_VERSION } from '../../dashboards/shared/names.ts';
import { panelsOf, targetsOf } from '../support/grafana.ts';

const root = join(import.meta.dirname, '../..');
const dashboards = Object.entries(buildDashboards());
const uids = dashboards.map(([, dashboard]) => dashboard.uid);
/** What Grafana knows without a dashboard's help. */
const BUILT_IN = /^__/;

function units(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(units);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'unit' && typeof inner === 'string' ? [inner] : units(inner),
  );
}

describe('the committed files', () => {
  it('are what the code builds', () => {
    const generated = join(root, 'dashboards/generated');
    const files = buildFiles();
    const found = readdirSync(generated, { recursive: true, encoding: 'utf8' });
    expect(found.filter((path) => /\.\w+$/.test(path)).toSorted()).toEqual(
      Object.keys(files).toSorted(),
    );
    for (const [path, text] of Object.entries(files)) {
      expect(readFileSync(join(generated, path), 'utf8')).toBe(text);
    }
  });

  it('are written and compared by the command', () => {
    const out = mkdtempSync(join(tmpdir(), 'tokenwatch-dashboards-'));
    const run = (...args: string[]): string =>
      execFileSync(process.execPath, [join(root, 'dashboards/build.ts'), '--out', out, ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    try {
      run('--console-url', 'https://soc.example/');
      expect(readFileSync(join(out, 'dashboards/overview.json'), 'utf8')).toContain(
        '"https://soc.example"',
      );
      expect(() => run('--check')).toThrow(/differs: dashboards\/overview.json/);
      run();
      run('--check');
      writeFileSync(join(out, 'dashboards/old.json'), '{}');
      expect(() => run('--check')).toThrow(/not built any more: dashboards\/old.json/);
      expect(() => run('--console-url', 'nonsense')).toThrow(/usage/);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});

describe.each(dashboards)('%s', (_name, dashboard) => {
  const panels = dashboard.panels ?? [];

  it('has panels of its own ids that lie side by side', () => {
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const panel of panels) {
      const { x, y, w, h } = panel.gridPos ?? { x: -1, y: -1, w: 0, h: 0 };
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + w).toBeLessThanOrEqual(24);
      expect(Math.min(w, h)).toBeGreaterThan(0);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          const cell = `${String(column)},${String(row)}`;
          expect(taken.get(cell), `${String(panel.title)} over another`).toBeUndefined();
          taken.set(cell, String(panel.title));
        }
      }
    }
  });

  it('asks our data source, each question once, and explains itself', () => {
    for (const panel of panelsOf(dashboard)) {
      const targets = targetsOf(panel);
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map((target) => target.refId)).size).toBe(targets.length);
      expect(panel.datasource).toEqual(DATASOURCE);
      expect(panel.title).toMatch(/^\S/);
      expect((panel.description ?? '').length, `what ${String(panel.title)} means`).toBeGreaterThan(
        5,
      );
      for (const target of targets) {
        expect(target).toMatchObject({
          datasource: DATASOURCE,
          editorType: 'sql',
          pluginVersion: PLUGIN_VERSION,
          meta: {},
        });
        const graph = panel.type === 'timeseries';
        expect([target.format, target.queryType]).toEqual(graph ? [0, 'timeseries'] : [1, 'table']);
      }
    }
  });

  it('uses variables that it has, and leads to pages that are there', () => {
    const text = JSON.stringify(dashboard);
    const names = (dashboard.templating.list ?? []).map((variable) => variable.name);
    expect(new Set(names).size).toBe(names.length);
    for (const match of text.matchAll(/\$\{?([A-Za-z_]\w*)/g)) {
      const name = match[1] ?? '';
      expect(BUILT_IN.test(name) || names.includes(name), `no variable ${name}`).toBe(true);
    }
    for (const match of text.matchAll(/"\/d\/([\w-]+)\?/g)) expect(uids).toContain(match[1]);
    for (const name of names) {
      if (name === 'console') continue;
      const used = panelsOf(dashboard).some((panel) =>
        JSON.stringify(panel.targets).includes(`{${name}:`),
      );
      const forAnother = (dashboard.templating.list ?? []).some((variable) =>
        JSON.stringify(variable.query ?? '').includes(`{${name}:`),
      );
      expect(used || forAnother, `variable ${name} changes nothing`).toBe(true);
    }
  });

  it('links rows only to columns that they have', () => {
    for (const panel of panelsOf(dashboard)) {
      const sql = targetsOf(panel)
        .map((target) => target.rawSql)
        .join('\n');
      for (const match of JSON.stringify(panel.fieldConfig).matchAll(/__data\.fields\.(\w+)/g)) {
        expect(sql, `${String(panel.title)}: ${String(match[1])}`).toContain(
          `AS "${String(match[1])}"`,
        );
      }
    }
  });

  it('uses units that Grafana knows', async () => {
    const known = Object.values(await import('@grafana/grafana-foundation-sdk/units'));
    for (const unit of units(panels)) expect(known).toContain(unit);
  });
});

describe('provisioning', () => {
  const files = buildFiles();
  const read = (path: string): Record<string, unknown[]> =>
    parse(files[`provisioning/${path}`] ?? '') as Record<string, unknown[]>;

  it('holds no secret, only where to find one', () => {
    const text = files['provisioning/datasources/tokenwatch.yaml'] ?? '';
    expect(text).toContain('password: ${TOKENWATCH_GRAFANA_CLICKHOUSE_PASSWORD}');
    expect(read('datasources/tokenwatch.yaml')['datasources']).toMatchObject([
      {
        uid: DATASOURCE.uid,
        type: DATASOURCE.type,
        jsonData: { protocol: 'http', defaultDatabase: 'tokenwatch' },
      },
    ]);
  });

  it('has rules without a dollar sign, which Grafana would take for a variable', () => {
    const text = (files['provisioning/alerting/rules.yaml'] ?? '').split('\n').slice(1).join('\n');
    expect(text).not.toContain('$');
    const [group] = read('alerting/rules.yaml')['groups'] as { rules: Record<string, unknown>[] }[];
    const ruleUids = group?.rules.map((rule) => String(rule['uid'])) ?? [];
    expect(new Set(ruleUids).size).toBe(ruleUids.length);
    for (const uid of ruleUids) expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  it('lets the reader see what panels and rules ask for', () => {
    const granted = [
      ...(files['clickhouse/tokenwatch-reader.xml'] ?? '').matchAll(/SELECT ON ([\w.]+)</g),
    ].map((match) => match[1]);
    const asked = dashboards.flatMap(([, dashboard]) =>
      panelsOf(dashboard)
        .flatMap(targetsOf)
        .flatMap((target) => [...target.rawSql.matchAll(/\b(?:FROM|JOIN) ([a-z_.]+)(?=[\s)]|$)/g)]),
    );
    expect(asked.length).toBeGreaterThan(50);
    for (const match of asked) {
      const table = String(match[1]);
      expect(granted).toContain(table.includes('.') ? table : `tokenwatch.${table}`);
    }
  });

  it('sends to a contact point that is there', () => {
    const points = read('alerting/contact-points.yaml')['contactPoints'] as { name: string }[];
    const groups = read('alerting/rules.yaml')['groups'] as {
      rules: { notification_settings: { receiver: string } }[];
    }[];
    const receivers = groups.flatMap(({ rules }) =>
      rules.map((rule) => rule.notification_settings.receiver),
    );
    expect(new Set(receivers)).toEqual(new Set([points[0]?.name]));
    // The organisation's notification policy is its own: a file of it would replace the whole.
    expect(Object.keys(files).filter((name) => name.includes('polic'))).toEqual([]);
  });
});
