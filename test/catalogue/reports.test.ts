// Reports: what OpenAPI files document against what was seen, and scopes granted and never used.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { keepInventory } from '../../detector/inventory/keep.ts';
import { insertTestCalls, tokenNamed } from '../support/call-rows.ts';
import type { TestCall } from '../support/call-rows.ts';
import { openTestConsole } from '../support/test-console.ts';
import type { TestConsole } from '../support/test-console.ts';

const OPENAPI = `
swagger: '2.0'
basePath: /v1
paths:
  /things/{id}: { get: {}, delete: { deprecated: true } }
  /old: { get: { deprecated: true } }
  /never: { get: {} }
`;

let folder = '';
let test: TestConsole;
beforeAll(async () => {
  test = await openTestConsole();
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-openapi-'));
  writeFileSync(join(folder, 'shop.yaml'), OPENAPI);
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

const now = Date.now();
const call = (token: string, more: Partial<TestCall> = {}): TestCall => ({
  ...{ time: now - 60_000, tokenHash: tokenNamed(token), clientId: 'acme', service: 'shop' },
  ...{ method: 'GET', route: '/v1/things/:id', status: 200, environment: 'production' },
  ...more,
});

async function get(path: string): Promise<Record<string, Record<string, unknown>[]>> {
  const answer = await test.app.inject({ url: path, headers: test.admin });
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

it('lists zombies, deprecated routes in use and undocumented ones', async () => {
  await insertTestCalls(test.store.db, [
    call('a', { route: '/v1/things/<int:id>' }),
    call('a', { route: '/v1/things/blue' }),
    call('a', { method: 'DELETE' }),
    call('a', { route: '/v1/export' }),
    call('a', { route: '/v1/guess', status: 403 }),
  ]);
  const openapi = [{ service: 'shop', file: join(folder, 'shop.yaml') }];
  await keepInventory(test.store.db, detectorSchema.parse({ openapi }), now);
  const { inventory = [] } = await get('/api/v1/inventory');
  expect(inventory.map((one) => [one['method'], one['route'], one['state'], one['calls']])).toEqual(
    [
      ['GET', '/v1/export', 'undocumented', 1],
      ['GET', '/v1/never', 'never seen', 0],
      ['GET', '/v1/old', 'deprecated', 0],
      ['DELETE', '/v1/things/{id}', 'deprecated, in use', 1],
      ['GET', '/v1/things/{id}', 'used', 2],
    ],
  );
  const zombies = await get('/api/v1/inventory?state=never%20seen');
  expect(zombies['inventory']).toHaveLength(1);
  // Without files nothing is known of any service.
  await keepInventory(test.store.db, detectorSchema.parse({}), now + 1);
  expect((await get('/api/v1/inventory'))['inventory']).toEqual([]);
});

it('lists scopes that were granted and never used, and tokens with several holders', async () => {
  const grantedScopes = ['accounts:read', 'payments:write', 'reports:read'];
  await insertTestCalls(test.store.db, [
    call('wide', { grantedScopes, scope: 'accounts:read' }),
    call('wide', { grantedScopes, scope: 'reports:read', service: 'reports' }),
    call('tight', { grantedScopes: ['accounts:read'], scope: 'accounts:read' }),
    call('silent', { grantedScopes }),
    call('lent'),
    call('lent', { clientId: 'zeta' }),
    call('roaming', { grantedScopes, scope: 'payments:write', clientId: 'rover' }),
    call('roaming', { scope: 'accounts:read', service: 'reports', clientId: 'rover' }),
    call('roaming', { scope: 'reports:read', clientId: 'rover' }),
  ]);
  const { tokens = [] } = await get('/api/v1/sprawl');
  const name = (one: Record<string, unknown>) =>
    ['wide', 'tight', 'silent', 'lent', 'roaming', 'a'].find(
      (key) => tokenNamed(key) === one['token_hash'],
    );
  expect(tokens.map(name)).toEqual(['wide', 'lent', 'roaming']);
  expect(tokens[0]).toMatchObject({
    ...{ unused_scopes: ['payments:write'], clients: 1, services: ['reports', 'shop'] },
  });
  expect(tokens[1]).toMatchObject({ unused_scopes: [], clients: 2 });
  expect(tokens[2]).toMatchObject({ unused_scopes: [], services: ['reports', 'shop'] });
  const { clients = [] } = await get('/api/v1/sprawl/clients');
  expect(clients).toEqual([{ client: 'acme', scope: 'payments:write', tokens: 1, unused: 1 }]);
});
