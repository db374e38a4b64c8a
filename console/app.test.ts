import type { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedConsole } from '../test/support/console-seed.ts';
import { TABLES } from '../store/tables.ts';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';
import { startConsole } from './main.ts';
import { pagePolicy } from './security-headers.ts';
import type { IncidentRow, incidentViewSchema } from './api/schemas.ts';

let test: TestConsole;
let ids: string[];

beforeAll(async () => {
  test = await openTestConsole();
  ({ ids } = await seedConsole(test.store.db, { now: Date.now() }));
});

afterAll(async () => {
  await test.close();
});

type View = z.infer<typeof incidentViewSchema>;
interface List {
  incidents: IncidentRow[];
  total: number;
  by_severity: Record<string, number>;
}

interface Counted {
  step: number;
  buckets: { at: string; calls: number }[];
  band: object;
  windows: { start: string }[];
}

type Operations = Record<string, Record<string, { 'x-access': string }>>;

/** Every operation of the document, with its path's parameters filled in. */
async function documented(): Promise<{ method: string; url: string; access: string }[]> {
  const answer = await test.app.inject({ url: '/api/openapi.json' });
  const { paths } = answer.json<{ paths: Operations }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      url: path.replaceAll(/\{\w+\}/g, 'x'),
      access: operation['x-access'],
    })),
  );
}

const OWN_PAGE = { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' };

async function signIn(instance: TestConsole): Promise<string> {
  const answer = await instance.app.inject({
    method: 'POST',
    url: '/api/v1/session',
    headers: OWN_PAGE,
    payload: { code: instance.loginPath.split('#')[1] },
  });
  expect(answer.statusCode).toBe(200);
  const [cookie] = answer.cookies;
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
  return `${cookie?.name ?? ''}=${cookie?.value ?? ''}`;
}

describe('who may', () => {
  it('refuses strangers every operation that is not for everybody', async () => {
    const operations = await documented();
    const open = operations.filter(({ access }) => access === 'everybody').map(({ url }) => url);
    expect(new Set(open)).toEqual(
      new Set([
        '/api/v1/session',
        '/api/v1/session/oidc',
        '/api/v1/session/oidc/callback',
        '/health',
        '/ready',
        '/metrics',
        '/api/openapi.json',
      ]),
    );
    for (const { method, url, access } of operations) {
      if (access === 'everybody') continue;
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic x' }]) {
        const answer = await test.app.inject({ method: method as 'GET', url, headers });
        expect([method, url, answer.statusCode]).toEqual([method, url, 401]);
      }
    }
  });

  it('refuses a visitor who may look everything that changes something', async () => {
    const shown = await openTestConsole({ TOKENWATCH_CONSOLE_ANONYMOUS: 'viewer' });
    for (const { method, url, access } of await documented()) {
      if (access === 'everybody' || access === 'viewer') continue;
      const answer = await shown.app.inject({ method: method as 'GET', url, headers: OWN_PAGE });
      expect([method, url, answer.statusCode]).toEqual([method, url, 403]);
    }
    expect((await shown.app.inject({ url: '/api/v1/incidents' })).statusCode).toBe(200);
    await shown.close();
  });

  it('will not start with visitors let in from a network', async () => {
    const { config, db } = test.store;
    const console = { ...config.console, host: '0.0.0.0', anonymous: 'viewer' as const };
    const context = { config: { ...config, console }, db } as Parameters<typeof startConsole>[0];
    await expect(startConsole(context)).rejects.toThrow(/loopback/);
  });

  it('signs in by the printed link, once, and out again everywhere', async () => {
    const fresh = await openTestConsole();
    const cookie = await signIn(fresh);
    const code = fresh.loginPath.split('#')[1];
    const again = { method: 'POST', url: '/api/v1/session', headers: OWN_PAGE } as const;
    expect((await fresh.app.inject({ ...again, payload: { code } })).statusCode).toBe(401);
    const who = { url: '/api/v1/session', headers: { cookie } };
    expect((await fresh.app.inject(who)).json()).toMatchObject({
      actor: 'person:admin',
      role: 'admin',
    });
    const out = { method: 'DELETE', url: '/api/v1/session' } as const;
    await fresh.app.inject({ ...out, headers: { ...OWN_PAGE, cookie } });
    expect((await fresh.app.inject(who)).json()).toMatchObject({ role: null });
    await fresh.close();
  });

  it('ends a session that is not used, and one that grows old', async () => {
    const fresh = await openTestConsole();
    const cookie = await signIn(fresh);
    const look = async () => fresh.app.inject({ url: '/api/v1/findings', headers: { cookie } });
    for (let hours = 0; hours < 11; hours++) {
      fresh.clock.at += 3_600_000;
      expect((await look()).statusCode).toBe(200);
    }
    fresh.clock.at += 1.1 * 3_600_000;
    expect((await look()).statusCode).toBe(401);
    await fresh.close();
  });

  it('ends a session long before it is old when nobody uses it, and keeps its digest only', async () => {
    const fresh = await openTestConsole();
    const cookie = await signIn(fresh);
    const look = async () => fresh.app.inject({ url: '/api/v1/findings', headers: { cookie } });
    const { db } = fresh.store;
    const kept = await db.query(`SELECT * FROM ${db.database}.${TABLES.consoleSessions}`);
    expect(kept).toHaveLength(1);
    expect(JSON.stringify(kept)).not.toContain(cookie.split('=')[1]);
    fresh.clock.at += 1.9 * 3_600_000;
    expect((await look()).statusCode).toBe(200);
    fresh.clock.at += 2.1 * 3_600_000;
    expect((await look()).statusCode).toBe(401);
    await fresh.close();
  });

  it('holds back whoever guesses', async () => {
    const fresh = await openTestConsole();
    const guess = async () =>
      fresh.app.inject({
        method: 'POST',
        url: '/api/v1/session',
        headers: OWN_PAGE,
        payload: { key: 'guess' },
      });
    const answers = [];
    for (let n = 0; n < 12; n++) answers.push((await guess()).statusCode);
    expect(answers.slice(0, 10)).toEqual(new Array(10).fill(401));
    expect(answers.slice(10)).toEqual([429, 429]);
    await fresh.close();
  });
});

describe('other sites', () => {
  it('cannot ride on a session', async () => {
    const fresh = await openTestConsole();
    const cookie = await signIn(fresh);
    const post = async (headers: Record<string, string>) =>
      fresh.app.inject({
        method: 'POST',
        url: '/api/v1/incidents/x/transitions',
        headers: { host: 'localhost', cookie, ...headers },
        payload: { action: 'acknowledge' },
      });
    for (const headers of [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'http://localhost:9999' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site', origin: 'http://localhost' },
      {},
    ]) {
      expect((await post(headers as Record<string, string>)).statusCode).toBe(403);
    }
    expect((await post(OWN_PAGE)).statusCode).toBe(404);
    await fresh.close();
  });

  it('cannot reach it under a name of their own', async () => {
    const headers = { ...test.admin, host: 'evil.example' };
    const answer = await test.app.inject({ url: '/api/v1/incidents', headers });
    expect(answer.statusCode).toBe(421);
  });

  it('get no page into a frame and no script into a page', async () => {
    const { headers } = await test.app.inject({ url: '/health' });
    const policy = headers['content-security-policy'];
    expect(policy).toContain("frame-ancestors 'none'");
    expect(`${String(policy)};`).toMatch(/default-src 'none';/);
    expect(pagePolicy('n')).toContain("script-src 'self'; style-src 'self' 'nonce-n';");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
  });
});

describe('incidents', () => {
  const get = async (url: string) => test.app.inject({ url, headers: test.admin });
  const transition = async (id: string, payload: object) =>
    test.app.inject({
      method: 'POST',
      url: `/api/v1/incidents/${id}/transitions`,
      headers: test.admin,
      payload,
    });

  it('are listed most urgent first, with counts beside the filters', async () => {
    const { incidents, total, by_severity } = (await get('/api/v1/incidents')).json<List>();
    expect(total).toBe(11);
    expect(incidents[0]).toMatchObject({ title: 'Far more calls than usual', findings: 2 });
    expect(by_severity).toEqual({ critical: 2, high: 3, medium: 2, low: 4 });
    const severities = incidents.map(({ severity }) => severity);
    expect(severities).toEqual([...severities].sort((a, b) => order(a) - order(b)));
    const high = (await get('/api/v1/incidents?severity=high&status=open,acknowledged')).json();
    expect(high).toMatchObject({ total: 3, by_severity: { critical: 2, high: 3 } });
  });

  it('are found by words, by client and by the start of a hash', async () => {
    const [first] = (await get('/api/v1/incidents')).json<List>().incidents;
    if (first === undefined) throw new Error('there are incidents');
    for (const q of ['NORTHWIND', 'volume.surge', first.token_hash.slice(0, 10), first.id]) {
      const { incidents } = (await get(`/api/v1/incidents?q=${q}`)).json<List>();
      expect(incidents.map(({ id }) => id)).toContain(first.id);
    }
    const none = (await get('/api/v1/incidents?q=%25_%27;DROP')).json();
    expect(none.incidents).toEqual([]);
  });

  it('show their findings, story and deliveries in order', async () => {
    const view = (await get(`/api/v1/incidents/${ids[0] ?? ''}`)).json<View>();
    expect(view.findings.map(({ detection }) => detection)).toEqual([
      'volume.surge',
      'scope.first-use',
    ]);
    const times = view.story.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
    expect(view.story[0]?.kind).toBe('opened');
    expect(view.story.map(({ kind }) => kind)).toContain('delivery_sent');
    expect(view.deliveries).toHaveLength(2);
  });

  it('count the calls in steps of the window that was judged', async () => {
    const { step, buckets, band, windows } = (
      await get(`/api/v1/incidents/${ids[0] ?? ''}/activity`)
    ).json<Counted>();
    expect(step).toBe(300_000);
    expect(band).toEqual({ low: 3, high: 22, peers: 60, threshold: 71 });
    const judged = buckets.find(({ at }) => at === windows[0]?.start);
    expect(judged?.calls).toBe(1204);
    const { calls } = (await get(`/api/v1/incidents/${ids[0] ?? ''}/calls?limit=7`)).json();
    expect(calls).toHaveLength(7);
    expect(calls[0]).toMatchObject({ country: 'RO', asn: 9009, network_kind: 'hosting' });
  });

  it('are decided on once, with who and why', async () => {
    const id = ids[2] ?? '';
    const done = await transition(id, { action: 'acknowledge' });
    expect(done.json().incident).toMatchObject({ status: 'acknowledged', assignee: 'key:admin' });
    expect((await transition(id, { action: 'acknowledge' })).statusCode).toBe(409);
    await transition(id, { action: 'comment', text: 'looking' });
    const closed = await transition(id, { action: 'false_positive', reason: 'a drill' });
    expect(closed.json().incident.status).toBe('false_positive');
    expect(closed.json<View>().story.at(-1)).toMatchObject({ actor: 'key:admin', text: 'a drill' });
    const open = await transition(id, { action: 'reopen' });
    expect(open.json().incident).toMatchObject({ status: 'open', closed_at: '' });
    expect((await transition('nothing', { action: 'acknowledge' })).statusCode).toBe(404);
    expect((await transition(id, { action: 'explode' })).statusCode).toBe(400);
    expect((await transition(id, { action: 'comment', text: '  ' })).statusCode).toBe(400);
  });

  it('are decided on in bulk, each by itself', async () => {
    const body = { ids: [ids[3], ids[4], 'nothing'], transition: { action: 'resolve' } };
    const url = '/api/v1/incidents/transitions';
    const post = { method: 'POST', url, headers: test.admin, payload: body } as const;
    expect((await test.app.inject(post)).json()).toEqual({
      done: [ids[3], ids[4]],
      refused: [{ id: 'nothing', detail: 'There is no incident with this id.' }],
    });
  });
});

function order(severity: string): number {
  return ['critical', 'high', 'medium', 'low'].indexOf(severity);
}

describe('answers', () => {
  it.each([
    ['/api/v1/incidents?limit=0', 'query limit'],
    ['/api/v1/incidents?status=maybe', 'query status'],
    ['/api/v1/findings?since=yesterday', 'query since'],
    ['/api/v1/findings?token_hash=zz', 'query token_hash'],
  ])('%s is refused by name', async (url, place) => {
    const answer = await test.app.inject({ url, headers: test.admin });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json().detail).toContain(place);
  });

  it('tell that there is nothing, too, as a problem', async () => {
    const answer = await test.app.inject({ url: '/nothing', headers: test.admin });
    expect([answer.statusCode, answer.json().title]).toEqual([404, 'Not found']);
  });

  it('do not choke on a body that is not JSON', async () => {
    const headers = { ...test.admin, 'content-type': 'application/json' };
    const url = '/api/v1/incidents/transitions';
    const answer = await test.app.inject({ method: 'POST', url, headers, payload: '{"ids":' });
    expect([answer.statusCode, answer.json().status]).toEqual([400, 400]);
  });
});
