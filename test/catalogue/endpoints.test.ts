// Stories of shadow APIs and of endpoints without authentication. Real OTLP in, incidents out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImportFormat } from '../../collector/import/formats.ts';
import { importFiles } from '../../collector/import/import-files.ts';
import { TW } from '../../model/attributes.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';

const OPENAPI = `
openapi: 3.0.3
paths:
  /v1/things/{thingId}: { get: {}, delete: { deprecated: true } }
  /v1/things:
    post:
      requestBody:
        content: { application/json: { schema: { properties: { name: {}, colour: {} } } } }
  /v1/never: { get: {} }
  /v1/locked: { get: { security: [{ oauth: [] }] } }
`;

/** Hosts by which gateways' logs name the services behind them. */
const GATEWAYS = ['cloudflare', 'aws-alb', 'nginx', 'envoy'].map((one) => `${one}.gateway.example`);

let folder = '';
let stage: Stage;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-openapi-'));
  const file = join(folder, 'shop.yaml');
  writeFileSync(file, OPENAPI);
  stage = await openStage({
    openapi: [{ service: 'shop', file }, ...GATEWAYS.map((service) => ({ service, file }))],
    policy: { sensitive_routes: ['/v1/zebras/*'] },
  });
});
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

const shop = (method: string, route: string, more: object = {}) => ({
  ...{ token: 'buyer', service: 'shop', method, route },
  ...more,
});

/** A number as a word without digits: nothing in it looks like an identifier. */
const spelled = (n: number): string =>
  String(n)
    .padStart(4, '0')
    .replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));

/** A call to the shop of which its service reports no route. */
const onPath = (path: string, more: object = {}) =>
  shop('GET', '', { attributes: { 'url.path': path }, ...more });

it('undocumented routes that answer are one incident each, ranked; unexpected fields too', async () => {
  const fields = (names: string[]) => ({ attributes: { [TW.requestFields]: names } });
  await stage.serve([
    shop('GET', '/v1/things/:id'),
    shop('GET', '/v1/things/<int:id>'),
    shop('POST', '/v1/things', fields(['name', 'colour'])),
    shop('POST', '/v1/things', fields(['name', 'is_admin'])),
    shop('DELETE', '/v1/things/:id'),
    shop('GET', '/v1/wishes'),
    shop('GET', '/v1/wishes'),
    shop('GET', '/v1/customers/export', { token: '' }),
    shop('GET', '/v1/nothing', { status: 404 }),
    shop('GET', '/anything', { service: 'undescribed' }),
  ]);
  await stage.settle();
  const [wishes, ...more] = await stage.incidents('shop GET /v1/wishes');
  expect(more).toEqual([]);
  expect(wishes).toMatchObject({
    severity: 'medium',
    detections: ['inventory.undocumented-route'],
  });
  const [exported] = await stage.incidents('shop GET /v1/customers/export');
  expect(exported?.severity).toBe('critical');
  expect([...(exported?.detections ?? [])].sort()).toEqual([
    'authorization.unauthenticated',
    'inventory.undocumented-route',
  ]);
  const [posted] = await stage.incidents('shop POST /v1/things');
  expect(posted).toMatchObject({ severity: 'high', detections: ['inventory.unexpected-field'] });
  expect(posted?.explanation).toMatch(/is_admin/);
  const [old] = await stage.incidents('shop DELETE /v1/things/:id');
  expect(old).toMatchObject({ severity: 'low', detections: ['inventory.deprecated-route'] });
  for (const quiet of [
    'shop GET /v1/things/:id',
    'shop GET /v1/nothing',
    'undescribed GET /anything',
  ]) {
    expect(await stage.incidents(quiet)).toEqual([]);
  }
});

it('a sensitive route that answers without a token is critical at the first call', async () => {
  const neighbours = Array.from({ length: 30 }, () => ({
    ...{ token: 'holder', service: 'core', route: '/v1/limits/:id' },
  }));
  await stage.serve([
    ...neighbours,
    { token: '', service: 'core', route: '/v1/accounts/:id' },
    { token: '', service: 'core', route: '/v1/limits/:id/raise' },
    { token: '', service: 'core', route: '/v1/zebras/:id' },
    { token: '', service: 'shop', route: '/v1/locked' },
    { token: '', service: 'core', route: '/v1/rates' },
    { token: '', service: 'core', route: '/health' },
    { token: '', service: 'core', route: '/v1/cards/:id', status: 401 },
    { token: '', service: 'core', route: '/v1/users', method: 'OPTIONS' },
  ]);
  await stage.settle();
  const [accounts] = await stage.incidents('core GET /v1/accounts/:id');
  expect(accounts).toMatchObject({ severity: 'critical' });
  expect(accounts?.explanation).toMatch(/answered 1 call without a valid token/);
  const [raise] = await stage.incidents('core GET /v1/limits/:id/raise');
  expect(raise?.explanation).toMatch(/neighbours answer only with a token/);
  for (const [name, why] of [
    ['core GET /v1/zebras/:id', /the configuration calls it sensitive/],
    ['shop GET /v1/locked', /its OpenAPI file says that it needs a credential/],
  ] as const) {
    const [incident, ...others] = await stage.incidents(name);
    expect(others).toEqual([]);
    expect(incident?.severity).toBe('critical');
    expect(incident?.explanation).toMatch(why);
  }
  for (const quiet of ['GET /v1/rates', 'GET /health', 'GET /v1/cards/:id', 'OPTIONS /v1/users']) {
    expect(await stage.incidents(`core ${quiet}`)).toEqual([]);
  }
});

it('a scanner of a thousand paths is one incident of the service, and its routes are capped', async () => {
  const scan = Array.from({ length: 1_000 }, (_, n) => ({
    ...{ token: '', service: 'scanned', route: '', status: 404 },
    attributes: { 'url.path': `/wp-${spelled(n)}` },
  }));
  await stage.serve(scan);
  await stage.settle();
  const [incident, ...more] = await stage.incidents('scanned');
  expect(more).toEqual([]);
  expect(incident?.detections).toContain('inventory.route-cap');
  const [routes] = await stage.store.db.query<{ n: number }>(
    `SELECT uniqExact(route) AS n FROM ${stage.store.db.database}.calls WHERE service = 'scanned'`,
  );
  expect(routes?.n).toBe(501);
});

it('a scanner hides no route that answers, and reported routes are capped as well', async () => {
  const word = (n: number): string => `w${spelled(n)}`;
  await stage.serve(
    Array.from({ length: 600 }, (_, n) => onPath(`/v1/${word(n)}`, { status: 404 })),
  );
  await stage.serve([
    onPath('/v1/backdoor'),
    onPath('/v1/things/4711'),
    onPath('/v1/things/0b7e4c5e-8f0c-4d8e-9b57-0d1f0a5f2c11'),
    onPath('/v1/things/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'),
    onPath('/v1/things/2026-11-23'),
    ...Array.from({ length: 2_100 }, (_, n) => ({
      ...{ token: 'buyer', service: 'chatty', route: `/r/${word(n)}` },
    })),
    { token: 'buyer', service: 'wordy', route: `/${'long/'.repeat(2_048)}` },
  ]);
  await stage.settle();
  expect(await stage.incidents('shop GET /v1/backdoor')).toMatchObject([
    { detections: ['inventory.undocumented-route'] },
  ]);
  for (const quiet of ['/v1/things/:id', '/v1/things/:date']) {
    expect(await stage.incidents(`shop GET ${quiet}`)).toEqual([]);
  }
  expect((await stage.incidents('chatty')).flatMap((one) => one.detections)).toContain(
    'inventory.route-cap',
  );
  const [kept] = await stage.store.db.query<{ chatty: number; longest: number }>(
    `SELECT uniqExactIf(route, service = 'chatty') AS chatty, max(length(route)) AS longest
     FROM ${stage.store.db.database}.calls`,
  );
  expect(kept).toEqual({ chatty: 2_001, longest: 200 });
});

it('a shadow route is found in the logs of gateways as well', async () => {
  const at = Date.now();
  const iso = new Date(at).toISOString();
  const [host, path] = ['gateway.example', '/v1/customers/export'];
  const lines: Partial<Record<ImportFormat, string>> = {
    cloudflare: JSON.stringify({
      ...{ EdgeStartTimestamp: iso, ClientRequestHost: `cloudflare.${host}` },
      ...{ ClientRequestMethod: 'GET', ClientRequestURI: path, EdgeResponseStatus: 200 },
    }),
    'aws-alb':
      `https ${iso} app/pay/50dc6c495c0c9188 192.0.2.39:2817 10.0.0.1:80 0.0 0.0 0.0 200 200 34 366 ` +
      `"GET https://aws-alb.${host}:443${path} HTTP/1.1" "curl/8" - TLSv1.3 arn "Root=1" "aws-alb.${host}" "-" 0 ${iso}`,
    nginx: JSON.stringify({
      ...{ time_iso8601: iso, remote_addr: '192.0.2.10', request_method: 'GET' },
      ...{ request_uri: path, status: '200', host: `nginx.${host}` },
    }),
    envoy: JSON.stringify({
      ...{ start_time: iso, method: 'GET', path, response_code: 200 },
      ...{ authority: `envoy.${host}`, downstream_remote_address: '192.0.2.23:4000' },
    }),
  };
  // A scanner that makes up hosts takes no room from those that answer.
  const madeUp = Array.from({ length: 600 }, (_, n) =>
    (lines.nginx ?? '').replace('nginx', `h${String(n)}`).replace('"200"', '"404"'),
  );
  lines.nginx = [...madeUp, lines.nginx].join('\n');
  for (const [format, line] of Object.entries(lines)) {
    const file = join(folder, `${format}.log`);
    writeFileSync(file, `${line}\n`);
    const summary = await importFiles({
      ...{ config: stage.store.config, db: stage.store.db, files: [file] },
      ...{ format: format as ImportFormat, stdin: Readable.from([]), onNote: () => undefined },
    });
    expect([format, summary.kept]).toEqual([format, line.split('\n').length]);
  }
  await stage.settle();
  for (const format of Object.keys(lines)) {
    const [incident] = await stage.incidents(`${format}.${host} GET ${path}`);
    expect([format, incident?.detections]).toEqual([
      format,
      expect.arrayContaining(['inventory.undocumented-route']),
    ]);
  }
  const [hosts] = await stage.store.db.query<{ n: number }>(
    `SELECT uniqExact(service) AS n FROM ${stage.store.db.database}.calls WHERE service LIKE 'h%.${host}'`,
  );
  expect(hosts?.n).toBe(500);
  const [capped] = await stage.incidents('unknown_service');
  expect(capped?.detections).toContain('inventory.route-cap');
});
