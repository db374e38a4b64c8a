import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEALTH_RULES } from '../../dashboards/alerting/rules.ts';
import { buildDashboards } from '../../dashboards/all.ts';
import { exampleToken, writeDashboardData } from '../support/dashboard-data.ts';
import { ask, expand, openReader, panelsOf, rangeOf, targetsOf } from '../support/grafana.ts';
import type { Answer, Values } from '../support/grafana.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const dashboards = Object.entries(buildDashboards());
/** What Grafana's plugin turns into a field without a surprise. */
const NUMBER = /^(Nullable\()?(U?Int(8|16|32|64)|Float(32|64))\)?$/;
const TEXT = /^(Nullable\()?String\)?$|^LowCardinality\(String\)$/;
const TIME = /^(Nullable\()?DateTime(64)?(\(.*\))?\)?$/;

let store: TestStore;
let reader: ClickHouseClient;
let token: string;
const now = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  store = await openTestStore();
  await writeDashboardData(store.db, { calls: 60_000, days: 10, until: now, seed: 7 });
  token = await exampleToken(store.db);
  reader = openReader(store);
});

afterAll(async () => {
  await reader.close();
  await store.close();
});

/** Everything chosen, except on the pages of one token or client. */
function everything(name: string): Values {
  return {
    environment: '$__all',
    severity: '$__all',
    client: name === 'client' ? 'client-3' : '$__all',
    token,
    console: 'http://localhost:8080',
  };
}

function count(answer: Answer, type: RegExp): number {
  return answer.columns.filter((column) => type.test(column.type)).length;
}

/** The columns that a panel of this type needs to draw anything. */
function expectColumns(panel: string, answer: Answer): void {
  const other = answer.columns.filter(
    ({ type }) => !NUMBER.test(type) && !TEXT.test(type) && !TIME.test(type),
  );
  expect(other, 'columns of types that Grafana does not show').toEqual([]);
  if (panel === 'timeseries') {
    expect(answer.columns[0]).toMatchObject({ name: 'time' });
    expect(answer.columns[0]?.type).toMatch(TIME);
    expect(count(answer, NUMBER)).toBeGreaterThan(0);
    const times = answer.rows.map((row) => String(row['time']));
    expect(times).toEqual(times.toSorted());
  }
  if (panel === 'stat') {
    expect(answer.rows).toHaveLength(1);
    expect(answer.columns).toHaveLength(count(answer, NUMBER));
  }
  if (panel === 'bargauge') expect([count(answer, TEXT), count(answer, NUMBER)]).toEqual([1, 1]);
  if (panel === 'trend') expect(answer.columns).toHaveLength(count(answer, NUMBER));
  if (panel === 'geomap') {
    const names = answer.columns.map((column) => column.name);
    const kinds = [['country'], ['source', 'target'], ['id', 'title']];
    expect(kinds.some((needed) => needed.every((name) => names.includes(name)))).toBe(true);
  }
}

/** Something to see: a row, and not only nulls or zeros in its numbers. */
function expectSomething(answer: Answer): void {
  expect(answer.rows.length).toBeGreaterThan(0);
  const numbers = answer.columns.filter((column) => NUMBER.test(column.type));
  const seen = answer.rows.some((row) =>
    numbers.some(({ name }) => row[name] !== null && row[name] !== 0),
  );
  expect(seen || numbers.length === 0, 'nothing but zeros').toBe(true);
}

describe.each(dashboards)('%s', (name, dashboard) => {
  const panels = panelsOf(dashboard);

  it.each(panels.map((panel) => [panel.title ?? '', panel] as const))(
    '%s',
    async (_title, panel) => {
      for (const target of targetsOf(panel)) {
        const range = rangeOf(dashboard, panel, now);
        const answer = await ask(reader, expand(target.rawSql, everything(name), range));
        expectColumns(panel.type, answer);
        expectSomething(answer);
        // Overrides that name no column dress nothing: a typing error.
        const named = answer.columns.map((column) => column.name);
        const overridden = (panel.fieldConfig?.overrides ?? []).map(
          ({ matcher }) => matcher.options as string,
        );
        if (panel.targets?.length === 1) expect(named).toEqual(expect.arrayContaining(overridden));
      }
    },
  );

  it('answers when single values are chosen, and for names with quotes in them', async () => {
    const hostile = `hex:${Buffer.from(`x') OR 1 --\\`).toString('hex')}`;
    const chosen: Values[] = [
      {
        ...everything(name),
        environment: ['production', 'hex:'],
        severity: ['high'],
        client: name === 'client' ? hostile : ['client-3', hostile],
      },
      {
        ...everything(name),
        token: `zz') OR (1=1`,
        client: name === 'client' ? `x') OR ('1'='1\\` : '$__all',
      },
    ];
    for (const panel of panels) {
      for (const target of targetsOf(panel)) {
        for (const values of chosen) {
          const range = rangeOf(dashboard, panel, now);
          await expect(ask(reader, expand(target.rawSql, values, range))).resolves.toBeDefined();
        }
      }
    }
  });

  it('has variables and marks that answer', async () => {
    for (const variable of dashboard.templating.list ?? []) {
      if (typeof variable.query !== 'object') continue;
      const { rawSql } = variable.query as { rawSql: string };
      const answer = await ask(
        reader,
        expand(rawSql, everything(name), rangeOf(dashboard, null, now)),
      );
      expect(answer.columns.map((column) => column.name)).toEqual(['value', 'name']);
      expect(answer.rows.length).toBeGreaterThan(1);
      for (const row of answer.rows) expect(row['value']).not.toMatch(/['\\]/);
    }
    for (const mark of dashboard.annotations.list ?? []) {
      const { rawSql } = mark.target as unknown as { rawSql: string };
      const answer = await ask(
        reader,
        expand(rawSql, everything(name), rangeOf(dashboard, null, now)),
      );
      expect(answer.columns.map((column) => column.name)).toEqual([
        'time',
        'title',
        'text',
        'tags',
      ]);
      expect(answer.rows.length).toBeGreaterThan(0);
    }
  });
});

describe('what the pages of one token and one client show', () => {
  it('is theirs alone', async () => {
    const { token: page } = buildDashboards();
    if (page === undefined) throw new Error('no dashboard of one token');
    const calls = panelsOf(page).find((panel) => panel.title === 'Calls');
    const [target] = calls === undefined ? [] : targetsOf(calls);
    const range = rangeOf(page, null, now);
    const mine = await ask(reader, expand(target?.rawSql ?? '', everything('token'), range));
    const nobody = await ask(
      reader,
      expand(target?.rawSql ?? '', { ...everything('token'), token: `' OR 1=1` }, range),
    );
    expect(mine.rows[0]?.['Calls']).toBeGreaterThan(0);
    expect(nobody.rows[0]?.['Calls']).toBe(0);
  });
});

describe('alert rules', () => {
  it.each(HEALTH_RULES.map((rule) => [rule.id, rule] as const))('%s', async (_id, rule) => {
    expect(rule.sql).not.toContain('$');
    const answer = await ask(reader, rule.sql);
    expect(count(answer, NUMBER)).toBe(1);
    expect(count(answer, TEXT)).toBe(answer.columns.length - 1);
    const labels = [...rule.summary.matchAll(/\.Labels\.(\w+)/g)].map((match) => match[1]);
    expect(answer.columns.map((column) => column.name)).toEqual(expect.arrayContaining(labels));
  });

  it('find what is wrong in the data', async () => {
    const firing: string[] = [];
    for (const rule of HEALTH_RULES) {
      const { rows, columns } = await ask(reader, rule.sql);
      const number = columns.find((column) => NUMBER.test(column.type))?.name ?? '';
      if (rows.some((row) => Number(row[number]) > rule.above)) firing.push(rule.id);
    }
    expect(firing).toContain('insert-failures');
    expect(firing).toContain('dead-letters');
    expect(firing).not.toContain('no-calls');
    expect(firing).not.toContain('stage-silent');
  });
});
