import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyCall } from '../../model/call.ts';
import type { Call } from '../../model/call.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { CallBlock, appendCall } from './call-block.ts';
import { insertCallBlock } from './insert-calls.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  for (const part of [0, 1]) {
    const block = new CallBlock();
    for (let index = part * 1500; index < (part + 1) * 1500; index++) {
      appendCall(block, callNumber(index));
    }
    await insertCallBlock(store.db, block.encode(), `rollups-${part}`);
  }
});
afterAll(async () => {
  await store.close();
});

/** Calls of 20 tokens over three hours; every dimension is empty now and then. */
function callNumber(index: number): Call {
  const token = index % 20;
  return {
    ...emptyCall(1_760_000_000_000 + index * 3600, 'otlp'),
    tokenHash: (token === 0 ? '' : token.toString(16).padStart(64, 'c')) as Call['tokenHash'],
    clientId: index % 17 === 0 ? '' : `client-${token % 4}`,
    environment: index % 5 === 0 ? '' : 'production',
    scope: index % 3 === 0 ? '' : `scope-${index % 4}`,
    method: index % 2 === 0 ? 'GET' : 'POST',
    route: index % 11 === 0 ? '' : `/route/${index % 6}`,
    status: [200, 401, 404, 500, 429][index % 5] ?? 0,
    country: index % 7 === 0 ? '' : (['DE', 'FR'][index % 2] ?? ''),
    asn: index % 7 === 0 ? 0 : 3320 + (index % 3),
    networkKind: (['unknown', 'private', 'mobile', 'vpn'] as const)[index % 4] ?? 'unknown',
    userAgent: index % 13 === 0 ? '' : `agent ${token % 3}`,
  };
}

const VALUES = `
  SELECT token_hash, dimension, value, toStartOfHour(time) AS hour, client_id, count() AS n,
    min(time) AS first, max(time) AS last
  FROM {db}.calls
  ARRAY JOIN
    ['any', 'scope', 'route', 'country', 'asn', 'network_kind', 'environment', 'user_agent'] AS dimension,
    ['*', toString(scope), if(route = '', '', concat(method, ' ', route)), toString(country),
     if(asn = 0, '', toString(asn)),
     if(network_kind IN ('unknown', 'private'), '', toString(network_kind)),
     toString(environment), toString(user_agent)] AS value
  WHERE token_hash != toFixedString('', 32) AND value != ''
  GROUP BY token_hash, dimension, value, hour, client_id`;

/** A sum over all rows of a query, which no two different results share. */
async function fingerprint(sql: string): Promise<object | undefined> {
  const [row] = await store.db.query<object>(
    `SELECT count() AS rows, sum(cityHash64(*)) AS sum
     FROM (${sql.replaceAll('{db}', store.db.database)})`,
  );
  return row;
}

/** What a table holds, added up as its readers do. */
function stored(table: string, keys: string): string {
  return `SELECT ${keys}, sum(calls) AS n, min(first_seen) AS first, max(last_seen) AS last
    FROM {db}.${table} GROUP BY ${keys}`;
}

function again(keys: string): string {
  return `SELECT ${keys}, sum(n) AS calls, min(first) AS f, max(last) AS l
    FROM (SELECT * REPLACE (toString(dimension) AS dimension) FROM (${VALUES})) GROUP BY ${keys}`;
}

describe('the rollups of values', () => {
  it.each([
    ['token_values', 'token_hash, toString(dimension) AS dimension, value, hour, client_id'],
    ['token_seen', 'token_hash, toString(dimension) AS dimension, value'],
    ['client_values', 'client_id, toString(dimension) AS dimension, value, token_hash'],
  ])('%s is what the calls say', async (table, keys) => {
    const expected = await fingerprint(again(keys.replace('toString(dimension) AS ', '')));
    const found = await fingerprint(stored(table, keys));
    expect(found).toEqual(expected);
    expect(found).toMatchObject({ rows: expect.any(Number) as number });
    expect((found as { rows: number }).rows).toBeGreaterThan(200);
  });

  it('minutes, hours and clients add up to the calls', async () => {
    const sums = 'sum(calls) AS n, sum(denied) AS d, sum(not_found) AS m, sum(failed) AS f';
    const expected = await fingerprint(
      `SELECT toStartOfHour(time) AS hour, token_hash, client_id, count() AS n,
         countIf(status IN (401, 403)) AS d, countIf(status = 404) AS m,
         countIf(status >= 500 OR status = 429) AS f
       FROM {db}.calls WHERE token_hash != toFixedString('', 32) GROUP BY ALL`,
    );
    const keys = 'hour, token_hash, client_id';
    expect(
      await fingerprint(`SELECT ${keys}, ${sums} FROM {db}.token_hour GROUP BY ${keys}`),
    ).toEqual(expected);
  });
});
