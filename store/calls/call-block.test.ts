import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyCall } from '../../model/call.ts';
import type { Call } from '../../model/call.ts';
import type { Pseudonym } from '../../model/hash.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { CallBlock, appendCall } from './call-block.ts';
import { keyText } from './dictionary-columns.ts';
import { insertCallBlock } from './insert-calls.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  await store.close();
});

function callNumber(index: number): Call {
  return {
    ...emptyCall(1_760_000_000_000 + index, 'otlp'),
    traceId: index.toString(16).padStart(32, 'a'),
    spanId: index.toString(16).padStart(16, 'b'),
    tokenHash: index.toString(16).padStart(64, 'c') as Call['tokenHash'],
    tokenId: `id-${index}`,
    clientId: `client-${index % 300}`,
    service: 'payments',
    grantedScopes: index % 2 === 0 ? ['read', `write-${index % 5}`] : [],
    authResult: 'accepted',
    networkKind: 'vpn',
    status: 200 + (index % 3),
    userAgent: `agent ü ${index}`,
    amount: index % 2 === 0 ? null : index / 4,
    tokenIssuedAt: 1_700_000_000,
    source: 'import',
  };
}

describe('CallBlock', () => {
  it('comes out of ClickHouse as it went in, with dictionaries of every index width', async () => {
    const block = new CallBlock();
    // 66,000 distinct user agents need 32-bit indexes, 300 clients 16-bit ones.
    for (let index = 0; index < 66_000; index++) appendCall(block, callNumber(index));
    await insertCallBlock(store.db, block.encode(), 'test-1');
    const rows = await store.db.query(
      `SELECT toUnixTimestamp64Milli(time) AS time, lower(hex(trace_id)) AS trace,
         lower(hex(span_id)) AS span, lower(hex(token_hash)) AS token, token_id, client_id, service,
         granted_scopes, auth_result, network_kind, status, user_agent, amount,
         toUnixTimestamp(token_issued_at) AS issued, source, country, request_fields
       FROM ${store.db.database}.calls WHERE token_id IN ('id-0', 'id-65999') ORDER BY time`,
    );
    const same = { service: 'payments', auth_result: 'accepted', network_kind: 'vpn' };
    const rest = { issued: 1_700_000_000, source: 'import', country: '', request_fields: [] };
    expect(rows).toEqual([
      {
        ...{ ...same, ...rest, time: 1_760_000_000_000, trace: '0'.padStart(32, 'a') },
        ...{ span: '0'.padStart(16, 'b'), token: '0'.padStart(64, 'c'), token_id: 'id-0' },
        ...{ client_id: 'client-0', granted_scopes: ['read', 'write-0'], status: 200 },
        ...{ user_agent: 'agent ü 0', amount: null },
      },
      {
        ...{ ...same, ...rest, time: 1_760_000_065_999, trace: '101cf'.padStart(32, 'a') },
        ...{ span: '101cf'.padStart(16, 'b'), token: '101cf'.padStart(64, 'c') },
        ...{ token_id: 'id-65999', client_id: 'client-299', granted_scopes: [], status: 202 },
        ...{ user_agent: 'agent ü 65999', amount: 16499.75 },
      },
    ]);
  });

  it('inserts a repeated token once', async () => {
    const block = new CallBlock();
    appendCall(block, { ...callNumber(1), service: 'repeated' });
    await insertCallBlock(store.db, block.encode(), 'test-2');
    await insertCallBlock(store.db, block.encode(), 'test-2');
    const [row] = await store.db.query<{ n: number }>(
      `SELECT count() AS n FROM ${store.db.database}.calls WHERE service = 'repeated'`,
    );
    expect(row?.n).toBe(1);
  });

  it('takes rows back, leaving no bytes of them in the hash columns', async () => {
    const block = new CallBlock();
    appendCall(block, { ...callNumber(1), service: 'kept' });
    appendCall(block, { ...callNumber(2), service: 'taken back' });
    block.columns.time.set(2, 5);
    block.truncate(1);
    appendCall(block, { ...emptyCall(1_760_000_000_000, 'log'), service: 'kept' });
    await insertCallBlock(store.db, block.encode(), 'test-3');
    const rows = await store.db.query(
      `SELECT service, countIf(token_hash = toFixedString('', 32)) AS empty, count() AS n,
         arraySort(groupArrayArray(granted_scopes)) AS scopes
       FROM ${store.db.database}.calls WHERE service IN ('kept', 'taken back') GROUP BY service`,
    );
    expect(rows).toEqual([{ service: 'kept', empty: 1, n: 2, scopes: [] }]);
  });

  it('keeps rows apart in which a column says nothing, and texts that remember another block', async () => {
    const [scope, agent] = [keyText('read'), keyText('agent')];
    const [first, second] = [new CallBlock(), new CallBlock()];
    second.columns.user_agent.set(0, 'taken');
    for (const block of [first, second, first]) {
      block.clear();
      for (let row = 0; row < 3000; row++) {
        const { columns } = block;
        columns.time.set(row, 1_760_000_200_000 + row);
        if (row % 1000 === 999) columns.user_agent.setKey(row, agent);
        if (row % 1500 === 1499) columns.granted_scopes.setKeys(row, [scope, agent]);
        if (row === 2998) columns.status.set(row, 404);
        block.endRow();
      }
      block.truncate(2999);
      block.columns.time.set(2999, 1_760_000_202_999);
      block.endRow();
    }
    await insertCallBlock(store.db, Readable.from([first.encode(), second.encode()]), 'test-5');
    const rows = await store.db.query(
      `SELECT toUnixTimestamp64Milli(time) - 1760000200000 AS row, user_agent, status,
         granted_scopes, count() AS n
       FROM ${store.db.database}.calls WHERE row BETWEEN 0 AND 2999
         AND (user_agent != '' OR status != 0 OR notEmpty(granted_scopes) OR row = 2999)
       GROUP BY ALL ORDER BY row`,
    );
    const blank = { user_agent: '', status: 0, granted_scopes: [], n: 2 };
    expect(rows).toEqual([
      { ...blank, row: 999, user_agent: 'agent' },
      { ...blank, row: 1499, granted_scopes: ['read', 'agent'] },
      { ...blank, row: 1999, user_agent: 'agent' },
      { ...blank, row: 2998, status: 404 },
      { ...blank, row: 2999 },
    ]);
  });

  it('leaves out columns that say nothing, and ClickHouse fills in what they would have said', async () => {
    const blank = emptyCall(1_760_000_100_000, 'otlp');
    const hash = (digit: string) => digit.repeat(32) as Pseudonym;
    const full: Call = {
      ...{ ...callNumber(7), service: 'full', environment: 'test', tokenEnvironment: 'live' },
      ...{ subjectHash: hash('d'), ipHash: hash('e'), objectHash: hash('f') },
      ...{ authMethods: ['mfa'], requestFields: ['amount'], amount: 0, currency: 'EUR', asn: 7 },
      ...{ addressAllowed: 'outside', tokenExpiresAt: 1_800_000_000, statedAt: 1_750_000_000 },
    };
    const [alone, together] = [new CallBlock(), new CallBlock()];
    appendCall(alone, blank);
    for (const call of [full, blank]) appendCall(together, call);
    const [short, long] = [alone.encode(), together.encode()];
    expect(short.length).toBeLessThan(long.length / 4);
    // Blocks of unlike columns in one insert, as the spool puts them together.
    await insertCallBlock(store.db, Readable.from([short, long]), 'test-4');
    const rows = await store.db.query<object>(
      `SELECT * EXCEPT ingested_at FROM ${store.db.database}.calls
       WHERE time = fromUnixTimestamp64Milli(1760000100000)`,
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual(rows[1]);
    const [filled] = await store.db.query(
      `SELECT lower(hex(object_hash)) AS object, lower(hex(subject_hash)) AS subject, amount, asn
       FROM ${store.db.database}.calls WHERE service = 'full'`,
    );
    expect(filled).toEqual({
      ...{ object: 'f'.repeat(32), subject: 'd'.repeat(32), amount: 0, asn: 7 },
    });
  });
});
