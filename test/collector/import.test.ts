import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFiles } from '../../collector/import/import-files.ts';
import type { ImportOptions } from '../../collector/import/import-files.ts';
import { hashToken, pseudonym } from '../../model/hash.ts';
import { readHygiene } from '../../store/calls/hygiene.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';

let store: TestStore;
let folder: string;
let notes: string[] = [];
beforeAll(async () => {
  store = await openTestStore();
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-import-'));
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function run(files: string[], more: Partial<ImportOptions> = {}) {
  notes = [];
  return importFiles({
    ...{ config: store.config, db: store.db, files, format: 'calls', stdin: Readable.from([]) },
    onNote: (note) => notes.push(note),
    ...more,
  });
}

async function rows(where: string): Promise<Record<string, unknown>[]> {
  return store.db.query(
    `SELECT toUnixTimestamp64Milli(time) AS at, lower(hex(token_hash)) AS token, client_id, service,
       environment, token_environment, granted_scopes, scope, method, route, status, country, asn,
       lower(hex(ip_hash)) AS ip, user_agent, auth_result, request_fields, amount, currency, source,
       lower(hex(object_hash)) AS object
     FROM ${store.db.database}.calls WHERE ${where} ORDER BY time, client_id`,
  );
}

const WHOLE = {
  ...{ time: '2026-01-05T10:00:00.250Z', token: 'raw token', client: 'acme', service: 'pay' },
  ...{ environment: 'production', token_environment: 'test', granted_scopes: ['a', 'b'] },
  ...{ scope: 'a', method: 'post', path: '/v1/accounts/4711', status: 201, ip: '81.2.69.142' },
  ...{ user_agent: 'curl/8', object: '4711', fields: ['x'], amount: '1.5', currency: 'eur' },
};

describe('importFiles', () => {
  it('counts what it masks in the hygiene report, once however often a file is imported', async () => {
    const line = { ...WHOLE, service: 'careless-import', user_agent: 'by anna@example.com' };
    const path = file('careless.ndjson', `${JSON.stringify(line)}\n${JSON.stringify(line)}\n`);
    await run([path]);
    await run([path]);
    const found = await readHygiene(store.db, { since: Date.now(), service: 'careless-import' });
    expect(found).toEqual([
      expect.objectContaining({ field: 'user_agent', kind: 'mail', count: 2 }),
    ]);
  });

  it('keeps every key of a line, hashed and located', async () => {
    const path = file('whole.jsonl', `${JSON.stringify(WHOLE)}\n`);
    const { collector } = store.config;
    const allowed_addresses = [{ client: 'acme', addresses: ['81.2.68.0/23'] }];
    const config = { ...store.config, collector: { ...collector, allowed_addresses } };
    expect(await run([path], { config })).toEqual({ read: 1, kept: 1, rejected: 0 });
    expect(await rows(`service = 'pay' AND address_allowed = 'inside'`)).toEqual([
      {
        ...{ at: Date.UTC(2026, 0, 5, 10, 0, 0, 250), token: hashToken(PEPPER, 'raw token') },
        ...{ client_id: 'acme', service: 'pay', environment: 'production', scope: 'a' },
        ...{ token_environment: 'test', granted_scopes: ['a', 'b'], method: 'POST', status: 201 },
        ...{ route: '/v1/accounts/:id', country: 'GB', asn: 20712, user_agent: 'curl/8' },
        ...{ ip: pseudonym(PEPPER, 'ip', '81.2.69.142'), auth_result: 'accepted' },
        ...{ request_fields: ['x'], amount: 1.5, currency: 'EUR', source: 'import' },
        object: pseudonym(PEPPER, 'object', '4711'),
      },
    ]);
  });

  it('reports bad lines by number, unknown keys once, and keeps the rest', async () => {
    const lines = [
      '{"time":"2026-01-05T10:00:00Z","token":"t","client":"bad-lines","label":1}',
      '{"time":"2026-01-05T10:00:00Z","token":"secret-of-a-broken-line',
      '',
      '{"time":"yesterday","client":"bad-lines"}',
      '{"time":1767607200000,"client":"bad-lines","status":"abc"}',
      '["time"]',
      '{"client":"bad-lines"}',
      `{"time":1767607200000,"client":"bad-lines","label":2,"token_hash":"${'AB'.repeat(32)}"}`,
    ];
    const path = file('bad.jsonl.gz', gzipSync(lines.join('\n')));
    expect(await run([path])).toEqual({ read: 7, kept: 2, rejected: 5 });
    const said = notes.map((note) => note.replace(`${path}:`, ''));
    expect(said).toEqual([
      '1: key "label" is not read',
      '2: expected JSON',
      '4: time: expected an ISO time or epoch milliseconds',
      '5: status: expected an HTTP status',
      '6: expected a JSON object',
      '7: time: is missing',
    ]);
    const kept = await rows(`client_id = 'bad-lines'`);
    expect(kept.map(({ token }) => token).sort()).toEqual(
      ['ab'.repeat(32), hashToken(PEPPER, 't')].sort(),
    );
  });

  it('adds nothing when a file comes again, and reads standard input', async () => {
    const lines = Array.from({ length: 70_000 }, (_, index) =>
      JSON.stringify({ time: 1_767_607_200_000 + index, token: `t${index % 50}`, client: 'again' }),
    );
    const stdin = () => Readable.from([gzipSync(lines.join('\n'))]);
    expect(await run(['-'], { stdin: stdin() })).toMatchObject({ kept: 70_000 });
    expect(await run(['-'], { stdin: stdin() })).toMatchObject({ kept: 70_000 });
    const [row] = await store.db.query<{ n: number; tokens: number }>(
      `SELECT count() AS n, uniqExact(token_hash) AS tokens
       FROM ${store.db.database}.calls WHERE client_id = 'again'`,
    );
    expect(row).toEqual({ n: 70_000, tokens: 50 });
    // Nor to what is added up of calls: baselines would learn twice as much.
    const { database } = store.db;
    for (const table of ['token_minute', 'token_hour', 'client_minute', 'client_hour']) {
      const [rolled] = await store.db.query<{ n: number }>(
        `SELECT sum(calls) AS n FROM ${database}.${table} WHERE client_id = 'again'`,
      );
      expect([table, rolled?.n]).toEqual([table, 70_000]);
    }
    const [values] = await store.db.query<{ n: number }>(
      `SELECT sum(calls) AS n FROM ${database}.client_values WHERE client_id = 'again' AND dimension = 'any'`,
    );
    expect(values?.n).toBe(70_000);
  });

  it('keeps what is good before a file that breaks off, and says so', async () => {
    const whole = gzipSync(
      Array.from({ length: 5000 }, (_, index) =>
        JSON.stringify({ time: 1_767_607_200_000 + index * 7919, client: 'cut' }),
      ).join('\n'),
    );
    const path = file('cut.gz', whole.subarray(0, whole.length - 100));
    await expect(run([path])).rejects.toThrow(/unexpected end of file/);
    const [row] = await store.db.query<{ n: number }>(
      `SELECT count() AS n FROM ${store.db.database}.calls WHERE client_id = 'cut'`,
    );
    expect(row?.n).toBeGreaterThan(1000);
  });

  it("reads NGINX's lines, plain and JSON, bad ones by number", async () => {
    const path = new URL('../../collector/import/samples/nginx.txt', import.meta.url).pathname;
    expect(await run([path], { format: 'nginx' })).toEqual({ read: 6, kept: 5, rejected: 1 });
    expect(notes).toEqual([`${path}:6: request: expected method, URI and protocol`]);
    const kept = await rows(`service = 'pay.example'`);
    const seen = kept.map((row) => [row['token'], row['route'], row['status']]);
    expect(seen).toEqual([
      [hashToken(PEPPER, 'nginx-token'), '/accounts/:id', 200],
      [hashToken(PEPPER, 'nginx-key'), '/cards/:id', 403],
    ]);
  });

  it('reads what NGINX and Envoy themselves wrote; lines that name no service are of the one given', async () => {
    const sample = (name: string): string =>
      new URL(`../../collector/import/samples/${name}`, import.meta.url).pathname;
    const seenOf = async (service: string): Promise<unknown[]> =>
      (await rows(`service = '${service}' AND time > '2026-11-20'`)).map((row) => [
        ...[row['token'], row['client_id'], row['route'], row['status'], row['auth_result']],
      ]);
    const none = '0'.repeat(64);
    const token = (raw: string): string => hashToken(PEPPER, raw);
    const known = [
      [token('recorded-token'), '', '/accounts/:id', 200, 'accepted'],
      [none, '', '/payments', 401, 'unknown'],
      [token('recorded-key'), '', '/cards/:id', 403, 'accepted'],
      [token('c2hvcDpyZWNvcmRlZC1zZWNyZXQ='), 'shop', '/nothing/:date', 404, 'accepted'],
      [none, '', '/health', 401, 'unknown'],
    ];
    const nginx = { format: 'nginx', service: 'edge' } as const;
    const summary = { read: 18, kept: 15, rejected: 3 };
    expect(await run([sample('nginx-recorded.txt')], nginx)).toEqual(summary);
    expect(await seenOf('pay.example')).toEqual(known);
    const blank = known.map(([, , route, status]) => [none, '', route, status, 'unknown']);
    const edge = await seenOf('edge');
    expect(edge).toHaveLength(10);
    expect(edge).toEqual(expect.arrayContaining(blank));
    // The same file again adds nothing.
    await run([sample('nginx-recorded.txt')], nginx);
    expect(await seenOf('edge')).toHaveLength(10);
    const envoy = await run([sample('envoy-recorded.jsonl')], { format: 'envoy' });
    expect(envoy).toEqual({ read: 12, kept: 10, rejected: 2 });
    const all = await seenOf('pay.example');
    expect(all).toHaveLength(15);
    for (const call of known) expect(all).toContainEqual(call);
  });

  it('reads CloudTrail deliveries and lines', async () => {
    const record = {
      ...{ eventVersion: '1.08', eventTime: '2023-07-10T11:42:18Z', awsRegion: 'us-east-1' },
      ...{ eventSource: 's3.amazonaws.com', eventName: 'GetBucketPolicy', userAgent: 'Boto3/1' },
      ...{ sourceIPAddress: '81.2.69.142', errorCode: 'AccessDenied' },
      userIdentity: { type: 'IAMUser', accessKeyId: 'AKIATFQR7NSCUXC3DDDP', userName: 'benjamin' },
      requestParameters: { text: 'a } brace \\" and a ] bracket' },
    };
    const delivery = JSON.stringify({ Records: [record, { ...record, eventName: 'PutObject' }] });
    const role = 'arn:aws:sts::1234:assumed-role/deploy/session-9';
    const line = JSON.stringify({ ...record, userIdentity: { arn: role }, errorCode: undefined });
    const paths = [file('a.json', delivery), file('b.jsonl', `${line}\n{"eventTime":1}\n`)];
    expect(await run(paths, { format: 'cloudtrail' })).toEqual({ read: 4, kept: 3, rejected: 1 });
    const kept = await rows(`service = 's3'`);
    const key = hashToken(PEPPER, 'AKIATFQR7NSCUXC3DDDP');
    const seen = kept.map((row) => [
      ...[row['token'], row['client_id'], row['scope'], row['method'], row['route']],
      ...[row['status'], row['environment'], row['country']],
    ]);
    expect(seen).toEqual([
      [
        ...['0'.repeat(64), 'arn:aws:sts::1234:assumed-role/deploy', 's3:read', 'GET'],
        ...['/s3/GetBucketPolicy', 200, 'us-east-1', 'GB'],
      ],
      [...[key, 'benjamin', 's3:read', 'GET', '/s3/GetBucketPolicy', 403, 'us-east-1', 'GB']],
      [...[key, 'benjamin', 's3:write', 'PUT', '/s3/PutObject', 403, 'us-east-1', 'GB']],
    ]);
  });
});
