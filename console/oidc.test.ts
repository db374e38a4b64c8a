import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { consoleSchema } from '../config/console.ts';
import { Secret } from '../config/secret.ts';
import { CLIENT, openTestProvider } from '../test/support/oidc.ts';
import type { TestProvider } from '../test/support/oidc.ts';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';

const URL_OF_CONSOLE = 'http://127.0.0.1:8080';
const START = '/api/v1/session/oidc';
const ROLES = { 'tw-readers': 'viewer', 'tw-soc': 'responder', 'tw-admins': 'admin' };

let provider: TestProvider;
let test: TestConsole;

async function consoleWith(more: Record<string, unknown> = {}): Promise<TestConsole> {
  const oidc = {
    ...{ issuer: provider.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret },
    ...{ scopes: ['openid', 'email', 'groups'], person_claim: 'email', roles: ROLES },
    ...more,
  };
  const console = consoleSchema.parse({ url: URL_OF_CONSOLE, oidc });
  return openTestConsole({}, null, (config) => ({ ...config, console }));
}

beforeAll(async () => {
  provider = await openTestProvider(`${URL_OF_CONSOLE}${START}/callback`);
  test = await consoleWith();
});

beforeEach(() => {
  const claims = { email: 'ada@bank.example', email_verified: true, groups: ['staff', 'tw-soc'] };
  provider.visitor = { id: 'sub-ada', claims, amr: ['pwd'] };
});

afterAll(async () => {
  await test.close();
  await provider.close();
});

interface Begun {
  address: string;
  cookie: string;
}

async function begin(at: TestConsole): Promise<Begun> {
  const answer = await at.app.inject({ url: START });
  expect(answer.statusCode).toBe(303);
  const [flow] = answer.cookies;
  expect(flow).toMatchObject({ httpOnly: true, sameSite: 'Lax', maxAge: 600 });
  const cookie = `${flow?.name ?? ''}=${flow?.value ?? ''}`;
  return { address: answer.headers.location ?? '', cookie };
}

async function comeBack(at: TestConsole, back: string, cookie: string) {
  return at.app.inject({ url: back.slice(URL_OF_CONSOLE.length), headers: { cookie } });
}

/** The whole way: where it ends, and the session's cookie if there is one. */
async function signIn(at: TestConsole): Promise<{ end: string; cookie: string | undefined }> {
  const { address, cookie } = await begin(at);
  const answer = await comeBack(at, await provider.browse(address), cookie);
  const session = answer.cookies.find(({ name }) => name === 'tokenwatch_session');
  if (session !== undefined) expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  const end = answer.headers.location ?? '';
  return { end, cookie: session && `${session.name}=${session.value}` };
}

describe('single sign-on', () => {
  it('signs somebody in with the largest role that their groups give', async () => {
    const { end, cookie = '' } = await signIn(test);
    expect(end).toBe('/incidents');
    const who = await test.app.inject({ url: '/api/v1/session', headers: { cookie } });
    expect(who.json()).toMatchObject({ actor: 'person:ada@bank.example', role: 'responder' });
    const url = '/api/v1/audit?action=session.began';
    const { entries } = (await test.app.inject({ url, headers: test.admin })).json();
    const detail = { by: 'oidc', subject: 'sub-ada', role: 'responder' };
    expect(entries).toMatchObject([{ actor: 'person:ada@bank.example', detail }]);
  });

  it('asks with PKCE, state and nonce, and keeps the secret to itself', async () => {
    const { searchParams } = new URL((await begin(test)).address);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(searchParams.get(name)?.length).toBeGreaterThan(30);
    }
    expect(searchParams.toString()).not.toContain('secret');
  });

  it.each([
    ['no group', {}],
    ['groups that map to nothing', { groups: ['staff', 'constructor', '__proto__'] }],
    ['something else in place of groups', { groups: { 'tw-admins': true } }],
  ])('refuses who has %s', async (_what, claims) => {
    provider.visitor = { ...provider.visitor, claims: { email: 'eve@bank.example', ...claims } };
    expect(await signIn(test)).toEqual({ end: '/login?sso=no-role', cookie: undefined });
  });

  it('refuses who has no name, or an address that is not verified', async () => {
    const groups = ['tw-admins'];
    provider.visitor = { ...provider.visitor, claims: { groups } };
    expect((await signIn(test)).end).toBe('/login?sso=no-name');
    const claims = { groups, email: 'ceo@bank.example', email_verified: false };
    provider.visitor = { ...provider.visitor, claims };
    expect((await signIn(test)).end).toBe('/login?sso=no-name');
  });

  it('asks for a second factor where that is configured', async () => {
    const strict = await consoleWith({ required_amr: ['mfa', 'hwk'] });
    expect((await signIn(strict)).end).toBe('/login?sso=no-mfa');
    provider.visitor = { ...provider.visitor, amr: ['pwd', 'mfa'] };
    expect((await signIn(strict)).end).toBe('/incidents');
    await strict.close();
  });
});

describe('an answer of the provider', () => {
  it('opens nothing in another browser, a second time, or altered', async () => {
    const mine = await begin(test);
    const back = await provider.browse(mine.address);
    expect((await comeBack(test, back, '')).headers.location).toBe('/login?sso=late');
    const theirs = await begin(test);
    const crossed = await comeBack(test, back, theirs.cookie);
    expect(crossed.headers.location).toBe('/login?sso=failed');
    const forged = await comeBack(test, back, mine.cookie.replace(/.$/, '!'));
    expect(forged.headers.location).toBe('/login?sso=late');
    const altered = back.replace(/code=[^&]+/, 'code=guess');
    expect((await comeBack(test, altered, mine.cookie)).headers.location).toBe('/login?sso=failed');
    expect((await comeBack(test, back, mine.cookie)).headers.location).toBe('/incidents');
    expect((await comeBack(test, back, mine.cookie)).headers.location).toBe('/login?sso=failed');
  });

  it('opens nothing after ten minutes', async () => {
    const { address, cookie } = await begin(test);
    const back = await provider.browse(address);
    test.clock.at += 10 * 60_000;
    expect((await comeBack(test, back, cookie)).headers.location).toBe('/login?sso=late');
  });

  it('opens nothing when the secret is wrong', async () => {
    const wrong = await consoleWith({ client_secret: 'another' });
    expect((await signIn(wrong)).end).toBe('/login?sso=failed');
    await wrong.close();
  });
});

describe('configuration', () => {
  it('leads back to the sign-in page while the provider does not answer', async () => {
    const down = await consoleWith({ issuer: 'http://127.0.0.1:9' });
    const { headers } = await down.app.inject({ url: START });
    expect(headers.location).toBe('/login?sso=unreachable');
    await down.close();
  });

  it('wants HTTPS from a network, an address of its own and roles', () => {
    const oidc = { issuer: 'https://id.example', client_id: 'x', client_secret: 'y', roles: ROLES };
    const good = consoleSchema.parse({ url: URL_OF_CONSOLE, oidc });
    expect(good.oidc?.client_secret).toBeInstanceOf(Secret);
    for (const bad of [
      { oidc },
      { url: URL_OF_CONSOLE, oidc: { ...oidc, issuer: 'http://id.example' } },
      { url: URL_OF_CONSOLE, oidc: { ...oidc, roles: { a: 'root' } } },
      { url: URL_OF_CONSOLE, oidc: { ...oidc, scopes: ['email'] } },
    ]) {
      expect(consoleSchema.safeParse(bad).success).toBe(false);
    }
  });
});
