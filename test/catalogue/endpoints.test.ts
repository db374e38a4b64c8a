// Stories of shadow APIs and of endpoints without authentication. Real OTLP in, incidents out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

let folder = '';
let stage: Stage;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-openapi-'));
  const file = join(folder, 'shop.yaml');
  writeFileSync(file, OPENAPI);
  stage = await openStage({
    openapi: [{ service: 'shop', file }],
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
  const spell = (n: number): string =>
    String(n)
      .padStart(4, '0')
      .replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
  const scan = Array.from({ length: 1_000 }, (_, n) => ({
    ...{ token: '', service: 'scanned', route: '', status: 404 },
    attributes: { 'url.path': `/wp-${spell(n)}` },
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
