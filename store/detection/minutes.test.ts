import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { readBusiestDays, readBusiestTokens } from './busiest-tokens.ts';
import { minutesSql } from './minutes.ts';

const MINUTE = 60_000;
const STATUSES = [200, 200, 200, 401, 404, 503, 429];
const SUMS = 'sum(calls) AS n, sum(denied) AS d, sum(not_found) AS m, sum(failed) AS f';

/** The beginnings of an hour of the present, and of one that lies weeks back. */
const recent = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000;
const old = recent - 30 * 86_400_000;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  // Two inserts, as calls of one minute come in several; over three hours, of several tokens.
  for (const part of [0, 1]) {
    const calls = [recent, old].flatMap((begun) =>
      Array.from({ length: 700 }, (_, i) => {
        const time = begun + ((2 * i + part) * 180 * MINUTE) / 1400;
        return {
          time,
          ingestedAt: time,
          tokenHash: tokenNamed(`token ${i % 9}`),
          clientId: `client-${i % 2}`,
          status: STATUSES[i % STATUSES.length] ?? 200,
        };
      }),
    );
    await insertTestCalls(store.db, calls);
  }
});
afterAll(async () => {
  await store.close();
});

describe('minutes of tokens', () => {
  it.each([
    ['of the present', recent],
    ['of weeks ago', old],
  ])('%s are what the calls say', async (_, begun) => {
    const { db } = store;
    const range = { from: begun / 1000 + 1500, to: begun / 1000 + 7500 };
    const first = 'toDateTime({from:UInt32})';
    const last = 'toDateTime({to:UInt32})';
    const some = `token_hash IN (SELECT DISTINCT token_hash FROM ${db.database}.calls ORDER BY token_hash LIMIT 5)`;
    const keys = 'toUnixTimestamp(minute) AS minute, lower(hex(token_hash)) AS token, client_id';
    const found = await db.query(
      `SELECT ${keys}, ${SUMS} FROM ${minutesSql(db, { who: some, first, last })}
       GROUP BY ALL ORDER BY ALL`,
      range,
    );
    const expected = await db.query(
      `SELECT toUnixTimestamp(toStartOfMinute(time)) AS minute, lower(hex(token_hash)) AS token, client_id,
         count() AS n, countIf(status IN (401, 403)) AS d, countIf(status = 404) AS m,
         countIf(status >= 500 OR status = 429) AS f
       FROM ${db.database}.calls
       WHERE toStartOfMinute(time) >= ${first} AND toStartOfMinute(time) <= ${last} AND ${some}
       GROUP BY ALL ORDER BY ALL`,
      range,
    );
    expect(expected.length).toBeGreaterThan(100);
    expect(found).toEqual(expected);
  });

  it('keeps no row of an imported history', async () => {
    const [row] = await store.db.query<{ first: number }>(
      `SELECT toUnixTimestamp(min(hour)) AS first FROM ${store.db.database}.token_window`,
    );
    expect(row?.first).toBe(recent / 1000);
  });

  it('of clients add up by the hour', async () => {
    const sums = (table: string, hour: string): string =>
      `SELECT ${hour} AS h, client_id, ${SUMS} FROM ${store.db.database}.${table} GROUP BY ALL ORDER BY ALL`;
    const hours = await store.db.query(sums('client_hour', 'hour'));
    expect(hours.length).toBeGreaterThan(6);
    expect(hours).toEqual(await store.db.query(sums('client_minute', 'toStartOfHour(minute)')));
  });

  it('say what the busiest token of a client did', async () => {
    const { db } = store;
    const minute = recent / 1000 + 7200;
    const clients = ['client-0', 'client-1', 'nobody'];
    const most = async (seconds: number, at = minute): Promise<Map<string, number>> => {
      const rows = await db.query<{ id: string; most: number }>(
        `SELECT client_id AS id, max(n) AS most FROM (
           SELECT client_id, token_hash, countIf(NOT (status >= 500 OR status = 429)) AS n
           FROM ${db.database}.calls
           WHERE toStartOfMinute(time) > toDateTime({minute:UInt32} - {seconds:UInt32})
             AND toStartOfMinute(time) <= toDateTime({minute:UInt32})
           GROUP BY client_id, token_hash) GROUP BY id`,
        { minute: at, seconds },
      );
      return new Map(rows.map((row) => [row.id, row.most]));
    };
    const [one, five, sixty] = [await most(60), await most(300), await most(3600)];
    const found = await readBusiestTokens(db, minute, clients);
    expect([...found.keys()].sort()).toEqual(['client-0', 'client-1']);
    for (const [id, counts] of found) {
      expect(counts).toEqual([one.get(id) ?? 0, five.get(id) ?? 0, sixty.get(id) ?? 0]);
    }
    const end = minute + 59 * 60;
    const days = await readBusiestDays(db, end, clients);
    // All three hours are within the day.
    expect(days).toEqual(await most(4 * 3600, end));
  });
});
