import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';

let test: TestConsole;

beforeAll(async () => {
  test = await openTestConsole();
});

afterAll(async () => {
  await test.close();
});

interface Made {
  key: string;
  about: { id: string; name: string; role: string; state: string };
}

interface Entries {
  entries: { actor: string; action: string; subject: string; detail: Record<string, unknown> }[];
}

const OWN_PAGE = { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' };

async function create(payload: object, headers: Record<string, string> = test.admin) {
  return test.app.inject({ method: 'POST', url: '/api/v1/keys', headers, payload });
}

async function revoke(id: string) {
  const url = `/api/v1/keys/${id}`;
  return test.app.inject({ method: 'DELETE', url, headers: test.admin });
}

async function look(key: string, url = '/api/v1/session') {
  return test.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
}

async function audited(action: string): Promise<Entries['entries']> {
  const url = `/api/v1/audit?action=${action}`;
  return (await test.app.inject({ url, headers: test.admin })).json<Entries>().entries;
}

describe('API keys', () => {
  it('open what their role is for, and nothing more', async () => {
    const { key, about } = (await create({ name: 'ci', role: 'viewer' })).json<Made>();
    expect(about).toMatchObject({ name: 'ci', role: 'viewer', state: 'active' });
    expect((await look(key)).json()).toMatchObject({ actor: 'key:ci', role: 'viewer' });
    expect((await look(key, '/api/v1/incidents')).statusCode).toBe(200);
    const headers = { authorization: `Bearer ${key}` };
    expect((await create({ name: 'more', role: 'admin' }, headers)).statusCode).toBe(403);
    expect((await look(key, '/api/v1/keys')).statusCode).toBe(403);
    expect((await look(`${key}x`)).json()).toMatchObject({ role: null });
  });

  it('of too small a role are refused by every operation of the document', async () => {
    const document = (await test.app.inject({ url: '/api/openapi.json' })).json<{
      paths: Record<string, Record<string, { 'x-access': string }>>;
    }>();
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => ({
        url: path.replaceAll(/\{\w+\}/g, 'x'),
        method: method.toUpperCase() as 'GET',
        access: one['x-access'],
      })),
    );
    const cases = { viewer: ['responder', 'admin'], responder: ['admin'] } as const;
    for (const [role, above] of Object.entries(cases)) {
      const { key } = (await create({ name: `walks-${role}`, role })).json<Made>();
      const larger = operations.filter(({ access }) =>
        (above as readonly string[]).includes(access),
      );
      expect(larger.length).toBeGreaterThan(3);
      for (const { url, method } of larger) {
        const headers = { authorization: `Bearer ${key}` };
        const answer = await test.app.inject({ method, url, headers });
        expect([role, method, url, answer.statusCode]).toEqual([role, method, url, 403]);
      }
    }
  });

  it('are shown once and kept as a digest', async () => {
    const { key } = (await create({ name: 'once', role: 'responder' })).json<Made>();
    const { body } = await test.app.inject({ url: '/api/v1/keys', headers: test.admin });
    expect(body).toContain('"once"');
    expect(body).not.toContain(key);
    const { db } = test.store;
    const rows = await db.query(`SELECT * FROM ${db.database}.console_keys`);
    const trail = await db.query(`SELECT * FROM ${db.database}.audit`);
    expect(JSON.stringify([rows, trail])).not.toContain(key.slice(4));
  });

  it('end at once when revoked, and when their time is over', async () => {
    const { key, about } = (await create({ name: 'gone', role: 'viewer' })).json<Made>();
    expect((await look(key, '/api/v1/incidents')).statusCode).toBe(200);
    expect((await revoke(about.id)).json()).toMatchObject({ state: 'revoked' });
    expect((await look(key, '/api/v1/incidents')).statusCode).toBe(401);
    expect((await revoke(about.id)).statusCode).toBe(404);

    const expires = new Date(test.clock.at + 60_000).toISOString();
    const short = await create({ name: 'short', role: 'viewer', expires_at: expires });
    const brief = short.json<Made>().key;
    expect((await look(brief, '/api/v1/incidents')).statusCode).toBe(200);
    test.clock.at += 60_000;
    expect((await look(brief, '/api/v1/incidents')).statusCode).toBe(401);
  });

  it('have a name of their own', async () => {
    expect((await create({ name: 'bot', role: 'viewer' })).statusCode).toBe(200);
    expect((await create({ name: 'BOT', role: 'viewer' })).statusCode).toBe(409);
    for (const name of ['admin', 'Admin', '', 'a b', '<script>', 'x'.repeat(65)]) {
      expect((await create({ name, role: 'viewer' })).statusCode).toBe(400);
    }
    expect((await create({ name: 'root', role: 'root' })).statusCode).toBe(400);
    const past = '2020-01-01T00:00:00Z';
    expect((await create({ name: 'old', role: 'viewer', expires_at: past })).statusCode).toBe(400);
  });

  it('cost the store nothing however many are guessed', async () => {
    await look('twk_warm');
    const { db } = test.store;
    const query = db.query.bind(db);
    let asked = 0;
    const counting: typeof db.query = async (...given) => {
      asked++;
      return query(...given);
    };
    db.query = counting;
    for (let n = 0; n < 50; n++) await look(`twk_guess${String(n)}`);
    expect(asked).toBe(0);
    test.clock.at += 5_000;
    for (let n = 0; n < 50; n++) await look(`twk_later${String(n)}`);
    db.query = query;
    expect(asked).toBe(1);
  });

  it('are in the audit when made and when revoked', async () => {
    const made = (await audited('key.created')).find(({ detail }) => detail['name'] === 'gone');
    expect(made).toMatchObject({ actor: 'key:admin', detail: { role: 'viewer' } });
    expect(await audited('key.revoked')).toMatchObject([{ subject: made?.subject }]);
  });
});

it('signing in and out are in the audit; a wrong code is not', async () => {
  const session = { url: '/api/v1/session', headers: OWN_PAGE } as const;
  const post = async (code: string | undefined) =>
    test.app.inject({ ...session, method: 'POST', payload: { code } });
  expect((await post('wrong')).statusCode).toBe(401);
  const [cookie] = (await post(test.loginPath.split('#')[1])).cookies;
  const headers = { ...OWN_PAGE, cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` };
  await test.app.inject({ ...session, method: 'DELETE', headers });
  // A second time there is nobody who could sign out.
  await test.app.inject({ ...session, method: 'DELETE', headers });
  const actor = 'person:admin';
  expect(await audited('session.began')).toMatchObject([
    { actor, detail: { by: 'link', role: 'admin' } },
  ]);
  expect(await audited('session.ended')).toMatchObject([{ actor, subject: actor }]);
});

it('refused calls are in the audit, few of a flood, and without what was sent', async () => {
  const planted = 'tw_PLANTED-WRONG-KEY';
  const headers = { authorization: `Bearer ${planted}` };
  for (let n = 0; n < 200; n += 1) {
    const stop = { stopped: false, reason: 'x' };
    const url = '/api/v1/revocation-stop';
    const answer = await test.app.inject({ method: 'PUT', url, headers, payload: stop });
    expect(answer.statusCode).toBe(401);
  }
  await expect.poll(async () => (await audited('api.refused')).length).toBeGreaterThan(10);
  const entries = await audited('api.refused');
  expect(entries.length).toBeLessThan(70);
  expect(entries[0]).toMatchObject({ subject: 'setRevocationStop', detail: { status: 401 } });
  expect(JSON.stringify(entries)).not.toContain(planted);
});
