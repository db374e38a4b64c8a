import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashToken } from '../model/hash.ts';
import { verifyAudit } from '../model/audit.ts';
import { exportAudit } from '../store/audit/entries.ts';
import { writeWatchOnly } from '../store/detection/verdicts.ts';
import { readIncident } from '../store/incidents/events.ts';
import { listSilences } from '../store/silences/silences.ts';
import { EXAMPLES, seedConsole, tokenOf } from '../test/support/console-seed.ts';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';

let test: TestConsole;
let ids: string[];

beforeAll(async () => {
  test = await openTestConsole({ TOKENWATCH_ALERTING_REVOCATION_MODE: 'approve' });
  ({ ids } = await seedConsole(test.store.db, { now: Date.now() }));
});

afterAll(async () => {
  await test.close();
});

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) {
  const answer = await test.app.inject({
    ...{ method, url, headers: test.admin },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

function valuesOf(seen: unknown): string[] {
  return (seen as { value: string }[]).map(({ value }) => value).sort();
}

describe('tokens and clients', () => {
  const first = EXAMPLES[0]?.clientId ?? '';

  it('show what is usual: volume, scopes, countries, the grant', async () => {
    const { status, body } = await call('GET', `/api/v1/tokens/${tokenOf(1)}`);
    expect(status).toBe(200);
    expect(body.token).toMatchObject({ client: first, token_hash: tokenOf(1) });
    expect(body.token.granted_scopes).toContain('reports:read');
    expect(body.usual.volume).toHaveLength(168);
    const volume = body.usual.volume as { calls: number }[];
    const counted = volume.reduce((sum, { calls }) => sum + calls, 0);
    expect(counted).toBe(body.token.calls);
    expect(valuesOf(body.usual.countries)).toEqual(['DE', 'RO']);
    expect(valuesOf(body.usual.scopes)).toEqual(['accounts:read', 'payments:write']);
  });

  it('are listed and found', async () => {
    expect((await call('GET', '/api/v1/tokens')).body.tokens).toHaveLength(2);
    expect((await call('GET', '/api/v1/tokens?q=northwind')).body.tokens).toHaveLength(1);
    expect((await call('GET', '/api/v1/tokens?q=nobody')).body.tokens).toEqual([]);
    const { body } = await call('GET', `/api/v1/clients/${first}`);
    expect(body.client).toMatchObject({ client: first, tokens: 1 });
    expect(body.tokens).toHaveLength(1);
    expect((await call('GET', `/api/v1/tokens/${tokenOf(999)}`)).status).toBe(404);
    expect((await call('GET', '/api/v1/clients/nobody')).status).toBe(404);
  });

  it('are found by the raw token, which is hashed with the pepper', async () => {
    const hash = hashToken('a pepper for tests only, 32 bytes', 'secret-token');
    for (const token of ['secret-token', 'Bearer secret-token', '  secret-token ']) {
      const { body } = await call('POST', '/api/v1/tokens/lookup', { token });
      expect(body).toEqual({ token_hash: hash, known: false });
    }
  });

  it('are seen on endpoints', async () => {
    const { body } = await call('GET', '/api/v1/endpoints');
    const [busiest] = body.endpoints;
    expect(busiest).toMatchObject({ method: 'GET', route: '/accounts/:id/transactions' });
    expect(busiest.denied).toBeGreaterThan(50);
  });
});

describe('registration', () => {
  const url = `/api/v1/tokens/${tokenOf(1)}`;

  it('says what the issuer knows, and replaces what was said', async () => {
    expect((await call('GET', `${url}/registration`)).status).toBe(404);
    const said = { client: 'northwind', expires_at: '2027-01-01T00:00:00Z', granted_scopes: ['a'] };
    expect((await call('PUT', url, said)).body).toMatchObject({ client: 'northwind' });
    test.clock.at += 1_000;
    await call('PUT', url, { ...said, revoked_at: '2026-12-01T00:00:00Z' });
    const { body } = await call('GET', `${url}/registration`);
    expect(body).toMatchObject({
      ...{ granted_scopes: ['a'], expires_at: '2027-01-01T00:00:00.000Z', issued_at: '' },
      ...{ revoked_at: '2026-12-01T00:00:00.000Z', registered_by: 'key:admin' },
    });
    expect((await call('PUT', url, { expires: 'soon' })).status).toBe(400);
    expect((await call('PUT', '/api/v1/tokens/xyz', said)).status).toBe(400);
  });
});

describe('silences', () => {
  const soon = () => new Date(Date.now() + 3_600_000).toISOString();

  it('say beforehand what they would have hidden', async () => {
    const match = { client: 'blue-*' };
    const { body } = await call('POST', '/api/v1/silences/preview', { match });
    expect(body).toMatchObject({ matched: 1, of: 11 });
    expect(body.examples[0].client).toBe('blue-harbour-pay');
  });

  it('have an owner, a reason and an end, and end early', async () => {
    const given = { match: { client: 'blue-*' }, comment: 'migration', ends_at: soon() };
    const made = await call('POST', '/api/v1/silences', given);
    expect(made.body).toMatchObject({ owner: 'key:admin', comment: 'migration', active: true });
    expect(await listSilences(test.store.db, test.clock.at)).toHaveLength(1);
    const ended = await call('DELETE', `/api/v1/silences/${String(made.body.id)}`);
    expect(ended.body.active).toBe(false);
    expect(await listSilences(test.store.db, test.clock.at)).toEqual([]);
    expect((await call('DELETE', '/api/v1/silences/none')).status).toBe(404);
  });

  it.each([
    ['everything', { match: {}, comment: 'x', ends_at: soon() }],
    ['no reason', { match: { client: 'a' }, comment: ' ', ends_at: soon() }],
    [
      'an end in the past',
      { match: { client: 'a' }, comment: 'x', ends_at: '2020-01-01T00:00:00Z' },
    ],
    ['no end in sight', { match: { client: 'a' }, comment: 'x', ends_at: '2099-01-01T00:00:00Z' }],
    ['unknown matchers', { match: { colour: 'red' }, comment: 'x', ends_at: soon() }],
  ])('are refused with %s', async (_what, given) => {
    expect((await call('POST', '/api/v1/silences', given)).status).toBe(400);
  });
});

describe('revocation', () => {
  const url = `/api/v1/tokens/${tokenOf(1)}/revocation`;

  it('shows what it would hit, is asked for and approved, each once', async () => {
    const before = await call('GET', url);
    expect(before.body).toMatchObject({ state: 'none', mode: 'approve', incident_id: ids[0] });
    expect(before.body.blast_radius.calls_per_day).toBeGreaterThan(1_204);
    expect(before.body.blast_radius.routes).toHaveLength(2);
    const asked = await call('POST', url, { action: 'request', reason: 'stolen' });
    expect(asked.body).toMatchObject({ state: 'requested', requested_by: 'key:admin' });
    expect((await call('POST', url, { action: 'request' })).status).toBe(409);
    expect((await call('POST', url, { action: 'approve' })).body.state).toBe('approved');
    expect((await call('POST', url, { action: 'approve' })).status).toBe(409);
    expect((await readIncident(test.store.db, ids[0] ?? ''))?.response).toBe('approved');
  });

  it('needs an incident, and can be stopped for all', async () => {
    const other = `/api/v1/tokens/${tokenOf(500)}/revocation`;
    expect((await call('POST', other, { action: 'request' })).status).toBe(409);
    const stop = { stopped: true, reason: 'issuer is down' };
    expect((await call('PUT', '/api/v1/revocation-stop', stop)).body.by).toBe('key:admin');
    expect((await call('GET', url)).body.stopped).toBe(true);
    await call('PUT', '/api/v1/revocation-stop', { stopped: false });
  });
});

it('what verdicts keep quiet is listed with owner and end, until the verdict is taken back', async () => {
  const url = `/api/v1/incidents/${ids[1] ?? ''}/transitions`;
  const quieted = async (): Promise<{ since: string; until: string }[]> =>
    (await call('GET', '/api/v1/quieted')).body.quieted as { since: string; until: string }[];
  expect(await quieted()).toEqual([]);
  await call('POST', url, { action: 'false_positive', reason: 'their new office' });
  const [one] = await quieted();
  expect(one).toMatchObject({
    ...{ detection: 'geography.new-country', token_hash: tokenOf(2), client: 'blue-harbour-pay' },
    ...{ value: 'BR', owner: 'key:admin', reason: 'their new office', incident: ids[1] },
  });
  expect(Date.parse(one?.until ?? '') - Date.parse(one?.since ?? '')).toBe(30 * 86_400_000);
  await call('POST', url, { action: 'reopen', reason: 'it is closed again' });
  expect(await quieted()).toEqual([]);
});

it('a detection that verdicts demoted is listed as watched only, with the reason', async () => {
  const since = Date.UTC(2026, 10, 1);
  const one = { detection: 'volume.silence', reason: '12 of 12 incidents were false' };
  const watched = async (): Promise<unknown> =>
    (await call('GET', '/api/v1/quieted')).body.watch_only;
  await writeWatchOnly(test.store.db, [{ ...one, since }]);
  expect(await watched()).toEqual([{ ...one, since: '2026-11-01T00:00:00.000Z' }]);
  await writeWatchOnly(test.store.db, [{ ...one, since: since + 1, reason: '' }]);
  expect(await watched()).toEqual([]);
});

it('everything that was decided here is in an unbroken audit chain', async () => {
  const { body } = await call('GET', '/api/v1/audit');
  const decided = body.entries as { action: string }[];
  expect(decided.map(({ action }) => action).reverse()).toEqual([
    ...['token.registered', 'token.registered', 'silence.created', 'silence.ended'],
    ...['incident.response_requested', 'incident.response_approved'],
    ...['revocation.stopped', 'revocation.resumed'],
    ...['incident.false_positive', 'incident.reopened'],
  ]);
  const entries = [];
  for await (const entry of exportAudit(test.store.db)) entries.push(entry);
  expect(verifyAudit(entries).problems).toEqual([]);
});

it('the pipeline’s own health is shown', async () => {
  const { body } = await call('GET', '/api/v1/pipeline');
  expect(body.calls_last_hour).toBeGreaterThan(1_204);
  expect(body.pending_deliveries).toBe(1);
  expect(body.bytes).toBeGreaterThan(0);
});
