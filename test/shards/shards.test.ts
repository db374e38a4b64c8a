import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboards } from '../../dashboards/all.ts';
import { createDetector } from '../../detector/app.ts';
import { backtest, findingLine } from '../../detector/backtest.ts';
import { detectorSchema } from '../../config/detector.ts';
import { shardOf } from '../../config/shard.ts';
import type { Db } from '../../store/db.ts';
import { backup, restore } from '../../store/backup.ts';
import { eraseFromStore } from '../../store/erase/erase.ts';
import { applyRetention } from '../../store/retention.ts';
import { createRenderer } from '../../store/cluster/render.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { migrate, readMigrations } from '../../store/migrate.ts';
import { exampleToken, writeDashboardData } from '../support/dashboard-data.ts';
import { expand, panelsOf, rangeOf, targetsOf } from '../support/grafana.ts';
import { insertTestCalls, tokenNamed } from '../support/call-rows.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { openTwoShards } from '../support/two-shards.ts';
import type { TwoShards } from '../support/two-shards.ts';

const NOW = Math.floor(Date.now() / 1000);
const INSIDE = { 'X-ClickHouse-Database': 'tokenwatch' };
const SETTINGS = detectorSchema.parse({});

let one: TestStore;
let two: TwoShards;
beforeAll(async () => {
  [one, two] = await Promise.all([openTestStore(), openTwoShards()]);
  for (const db of [one.db, two.db]) {
    await writeDashboardData(db, { calls: 4_000, days: 1, until: NOW, seed: 7 });
  }
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
});

/** Sums of floating-point numbers differ in their last digits by the order of the addends. */
function rounded(rows: readonly object[]): string[] {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value;
  return rows.map((row) => JSON.stringify(row, round)).sort();
}

/** What Grafana asks names no database. */
async function both(sql: string): Promise<[string[], string[]]> {
  const ask = async (db: Db): Promise<string[]> => {
    const inside = { query: sql, format: 'JSONEachRow' as const, http_headers: INSIDE };
    return rounded(await (await db.client.query(inside)).json<object>());
  };
  return [await ask(one.db), await ask(two.db)];
}

describe('the rendering with replicas', () => {
  const render = createRenderer({ name: 'tw', replicated: true, nodes: [] });
  const statements = readMigrations().flatMap(({ name, statements: all }) =>
    all.flatMap((statement) => render(statement).map((sql) => [name, sql] as const)),
  );

  it('is SQL, every statement of it, and names cluster and replicas wherever it must', async () => {
    expect(statements.length).toBeGreaterThan(90);
    for (const [name, template] of statements) {
      const sql = template.replaceAll('{database}', 'tokenwatch');
      const { stream } = await one.db.client.exec({ query: `EXPLAIN AST ${sql}` });
      expect(await text(stream), name).toMatch(/^(Create|Alter|Drop|Rename|Insert)/);
      if (!sql.startsWith('INSERT')) expect(sql).toContain(` ON CLUSTER 'tw'`);
      for (const [engine] of sql.matchAll(/ENGINE = \w+/g))
        expect(engine).toMatch(/^ENGINE = (Replicated\w*MergeTree|Distributed)$/);
    }
  });
});

describe('two shards', () => {
  it('share the calls: all of a token on one server, rolled up there', async () => {
    const tokens = await Promise.all(
      two.shards.map(async (db) =>
        db.query<{ token: string }>(
          `SELECT DISTINCT hex(token_hash) AS token FROM tokenwatch.calls_local
           WHERE token_hash != toFixedString('', 32)`,
        ),
      ),
    );
    const [a = [], b = []] = tokens.map((rows) => rows.map(({ token }) => token));
    expect(Math.min(a.length, b.length)).toBeGreaterThan(50);
    expect(a.filter((token) => b.includes(token))).toEqual([]);
    for (const [index, db] of two.shards.entries()) {
      const rows = await db.query<{ token: string }>(
        `SELECT DISTINCT hex(token_hash) AS token FROM tokenwatch.token_hour_local`,
      );
      expect(rows.map(({ token }) => token).sort()).toEqual(
        (tokens[index] ?? []).map((r) => r.token).sort(),
      );
    }
  });

  it('are migrated once, and keep their rows as long as configured', async () => {
    expect(await migrate(two.db)).toEqual([]);
    const { retention } = one.config;
    expect(await applyRetention(two.db, retention)).toEqual([]);
    const shorter = { ...retention, calls: 30 * 86_400_000 };
    expect(await applyRetention(two.db, shorter)).toEqual(['calls']);
    for (const db of two.shards) expect(await applyRetention(db, shorter)).toEqual([]);
  });

  it('refuse an erasure, which would leave half of it', async () => {
    const subject = { kind: 'client', clientId: 'client-3' } as const;
    await expect(eraseFromStore(two.db, 'e', subject)).rejects.toThrow(
      /erase .* on a cluster nothing was done/,
    );
  });

  it('refuse a backup, which would have half of it, and a restore', async () => {
    const place = { name: 'half.tar.gz' };
    await expect(backup(two.db, place)).rejects.toThrow(/on a cluster nothing was done/);
    await expect(restore(two.db, place)).rejects.toThrow(/on a cluster nothing was done/);
  });

  it('answer every dashboard as one does', async () => {
    const token = await exampleToken(one.db);
    const differing: string[] = [];
    let asked = 0;
    for (const [name, dashboard] of Object.entries(buildDashboards())) {
      const client = name === 'client' ? 'client-3' : '$__all';
      const all = { environment: '$__all', severity: '$__all', client, token, console: 'http://c' };
      for (const panel of panelsOf(dashboard)) {
        for (const target of targetsOf(panel)) {
          // How full one server is, is another question on two.
          if (target.rawSql.includes('system.parts')) continue;
          const range = rangeOf(dashboard, panel, NOW);
          // Both are asked at the same moment.
          const sql = expand(target.rawSql, all, range)
            .replaceAll(/\bnow\(\)/g, `toDateTime(${String(NOW)})`)
            .replaceAll(/\bnow64\(3\)/g, `toDateTime64(${String(NOW)}, 3)`);
          const [expected, given] = await both(sql);
          asked += 1;
          if (JSON.stringify(expected) !== JSON.stringify(given))
            differing.push(
              `${name}: ${panel.title ?? ''}: ${sql}\n${String(expected[0])}\n${String(given[0])}`,
            );
        }
      }
    }
    expect(asked).toBeGreaterThan(50);
    expect(differing).toEqual([]);
  });

  it('find in a backtest what one finds', async () => {
    const run = async (db: Db): Promise<string[]> => {
      const lines: string[] = [];
      const from = (NOW - 3_600) * 1000;
      const onFinding = (finding: Parameters<typeof findingLine>[0]): void => {
        lines.push(findingLine(finding));
      };
      await backtest({ db, from, settings: SETTINGS, onFinding });
      return lines.sort();
    };
    const [expected, given] = [await run(one.db), await run(two.db)];
    expect(expected.length).toBeGreaterThan(0);
    expect(given).toEqual(expected);
  });

  it('find live what one finds, also when two detectors share the tokens', async () => {
    // A staging token at work in production: what is found of the rest hangs on the moment.
    const at = (NOW - 50) * 1000;
    const astray = { tokenHash: tokenNamed('astray'), clientId: 'client-3', service: 'accounts' };
    const where = { environment: 'production', tokenEnvironment: 'staging', status: 200 };
    const run = async (db: Db, shards: readonly string[]): Promise<string[]> => {
      await insertTestCalls(db, [{ time: at, ingestedAt: at, ...astray, ...where }]);
      await writeStageState(db, 'detector', 'cursor', (NOW - 100) * 1000);
      const ids: string[] = [];
      for (const shard of shards.map(shardOf)) {
        const detector = createDetector({ db, now: () => NOW * 1000, settings: SETTINGS, shard });
        await detector.start();
        await detector.prepare();
        // One look, at the last calls.
        ids.push(...(await detector.tick()).findings.map(({ id }) => id));
      }
      return ids.sort();
    };
    const [expected, given] = [await run(one.db, ['1/1']), await run(two.db, ['1/2', '2/2'])];
    expect(expected.length).toBeGreaterThan(0);
    expect(given).toEqual(expected);
  });
});
